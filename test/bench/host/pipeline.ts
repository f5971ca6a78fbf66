// What the extension host does with what a scan tells, from the helper's output to the rows of both views: the extension's own
// code, with a helper that prints made-up documents and a stand-in for VS Code. For ../host.mjs, which bundles it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Discovery } from '../../../extension/discover/discovery';
import { Inventory } from '../../../extension/discover/inventory';
import { Checked } from '../../../extension/select/selection';
import { ContainersProvider } from '../../../extension/tree/containersProvider';
import { NamespacesProvider } from '../../../extension/tree/namespacesProvider';
import type { NodesProvider } from '../../../extension/tree/nodesProvider';
import { ViewProvider } from '../../../extension/tree/viewProvider';
import { NAMESPACE_NAMES } from '../../../helper/namespaceTypes';
import type { ScanDocument, ScannedNamespace, ScannedProcess } from '../../../helper/protocol';
import { scanDocument, scanned } from '../../fixtures/proc/scanned';
import { HOST } from '../../fixtures/proc/tree';
import { discoveryCommand } from '../../support/discoveryCommand';
import { runtimeOf } from '../../support/runtime';
import { allOf, socketIn, startEngine } from './engine';
import { turnsUntil, type Turns } from './turns';

export interface Figures {
  readonly first: Turns;
  /** A person opens a type of namespaces. */
  readonly opened: Turns;
  readonly changes: readonly Turns[];
  readonly engine: Turns;
}

const CHANGES = 10;
const OWN = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'] as const;
/** Prints the first document, and the next one as the answer to each look. */
const HELPER = `
const { readFileSync } = require('node:fs');
let turn = 0;
const print = () => {
  const document = readFileSync(__dirname + '/' + turn, 'utf8').trimEnd();
  process.stdout.write(document.slice(0, -1) + ',"looks":' + turn++ + '}\\n');
};
print();
process.stdin.on('data', print).on('end', () => process.exit());
`;

/** In a program of its own: no garbage of this is to be collected where the views are measured. */
export function writeHelper(folder: string, sandboxes: number): void {
  writeFileSync(join(folder, 'helper.js'), HELPER);
  for (let turn = 0; turn <= CHANGES; turn++) {
    writeFileSync(join(folder, String(turn)), `${JSON.stringify(documentOf(sandboxes, turn))}\n`);
  }
}

/** `folder`: with what writeHelper() has written, and engine.cjs. `cpuMs`: what this thread has had of the processor so far. */
export async function measurePipeline(folder: string, sandboxes: number, cpuMs: () => number): Promise<Figures> {
  const discovery = new Discovery(
    discoveryCommand,
    () => ({
      runtime: runtimeOf(join(folder, 'helper.js')),
      dockerHost: socketIn(folder),
      env: { HOME: folder },
    }),
    (what, error) => {
      throw new Error(what, { cause: error });
    },
  );
  const inventory = new Inventory(discovery);
  const view = (): ViewProvider => new ViewProvider('', () => Promise.reject(new Error('nothing is drawn')));
  const memory = { keys: () => [], get: () => undefined, update: () => Promise.resolve() };
  const drawn = (views: readonly NodesProvider[]): Promise<unknown> =>
    Promise.all(
      views.map(async (view) => {
        await new Promise((resolve) => view.onDidChangeTreeData(resolve));
        // VS Code asks for what is in the groups that are open, and only of rows that it knows is it told of changes.
        for (const group of view.childrenOf()) {
          if (group.kind === 'group' && group.level === 'engine') view.childrenOf(group);
        }
      }),
    );
  await beLikeAHost();
  // The views start the scan, and load what they need.
  const making = new Promise(setImmediate).then(
    () =>
      [
        new ContainersProvider(inventory, view(), new Checked(), memory),
        new NamespacesProvider(inventory, view()),
      ] as const,
  );
  const first = await turnsUntil(making.then(drawn), cpuMs);
  const views = await making;
  const [, namespaces] = views;
  // Rows of the same look as before are not drawn: of a view in which nothing is open, nobody would be told.
  const [type] = namespaces.childrenOf();
  const open = async (): Promise<void> => {
    const [part] = await namespaces.getChildren(type);
    if (part?.kind === 'group') await namespaces.getChildren(part);
  };
  const opened = await turnsUntil(new Promise(setImmediate).then(open), cpuMs);
  const changes: Turns[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const done = drawn(views);
    changes.push(await turnsUntil(Promise.all([inventory.refresh(), done]), cpuMs));
  }
  const running = await startEngine(folder, sandboxes);
  const answered = async (): Promise<void> => {
    while (inventory.latest.containers.length < allOf(sandboxes)) await inventory.refresh();
  };
  const engine = await turnsUntil(answered(), cpuMs);
  running.kill('SIGKILL');
  for (const view of views) view.dispose();
  discovery.dispose();
  return { first, opened, changes, engine };
}

/** What a process does for the first time takes some milliseconds more: an extension host has started programs and loaded this. */
async function beLikeAHost(): Promise<void> {
  await once(spawn(process.execPath, ['--version']), 'close');
  await import('node:crypto');
  await import('node:http');
}

/** Three processes and six namespaces of its own each; from one turn to the next one sandbox goes and another comes. */
function documentOf(sandboxes: number, turn: number): ScanDocument {
  const containers = Array.from({ length: sandboxes }, (_, index) => {
    const number = index === 0 ? sandboxes + turn : index;
    const pid = 1000 + 3 * number;
    const own = Object.fromEntries(OWN.map((type, at) => [type, 4026532000 + 6 * number + at]));
    return scanned(pid, { pids: [pid, pid + 1, pid + 2], namespaces: { ...HOST, ...own } });
  });
  const namespaces = containers.flatMap(({ namespaces: inodes, pids }) =>
    NAMESPACE_NAMES.flatMap((type): ScannedNamespace[] => {
      const inode = inodes[type];
      if (inode === undefined || inode === HOST[type]) return [];
      return [{ type, inode, owner: HOST.user, parent: type === 'pid' ? HOST.pid : null, pids, heldBy: [] }];
    }),
  );
  const processes = containers.flatMap(({ pids }) =>
    pids.map((pid, at): ScannedProcess => {
      const command = `/usr/bin/program --number ${pid} --of a-sandbox`;
      return { pid, parent: at === 0 ? 1 : pid - 1, nsPids: [pid, at + 1], uid: 0, insideUid: 0, command };
    }),
  );
  return scanDocument({ containers, namespaces, processes });
}

export const sizeOf = (folder: string): number => readFileSync(join(folder, '0')).length;
