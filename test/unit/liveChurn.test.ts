// Containers that come and go by the hundreds while the views are seen: nothing of them stays in the extension host. A program
// stands in for the helper, a server for Docker's engine, and what the bench has for VS Code.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Inventory } from '../../extension/discover/inventory';
import { Checked } from '../../extension/select/selection';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import * as standIn from '../bench/host/vscodeStandIn';
import { waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';
import { SOURCES } from '../support/sources';

/** How many there are at once, and how many of them are others in each document: twenty times a second. */
const ALIVE = 200;
const OTHERS = 20;
const EACH_MS = 50;
/** Pictures until whatever is made once has been made, and how many more are looked at. */
const SETTLED = 8;
const LOOKED_AT = 16;
/** What V8 keeps differs by some hundred kilobytes; the rows and containers of all these pictures would be ten times as much. */
const MOST_MB = 2;

/** In place of the helper. */
const HELPER = `
const { document, container, process: program } = require(__dirname + '/template.json');
let turn = 0;
let looks = 0;
const print = () => {
  turn++;
  const pids = Array.from({ length: ${ALIVE} }, (_, at) => 1000 + ${OTHERS} * turn + at);
  const containers = pids.map((pid) => ({
    ...container, pid, name: 's' + pid, startTime: pid, pids: [pid], namespaces: { ...container.namespaces, net: 1e6 + pid },
  }));
  const namespaces = pids.map((pid) => (
    { type: 'net', inode: 1e6 + pid, owner: null, parent: null, pids: [pid], heldBy: [] }
  ));
  const processes = pids.map((pid) => ({ ...program, pid, nsPids: [pid] }));
  process.stdout.write(JSON.stringify({ ...document, containers, namespaces, processes, looks }) + '\\n');
};
setInterval(print, ${EACH_MS});
process.stdin.on('data', () => { looks++; print(); }).on('end', () => process.exit());
`;

interface Loader {
  _load: (request: string, ...others: unknown[]) => unknown;
}

describe('discover: churn', () => {
  const loader = createRequire(__filename)('node:module') as Loader;
  const load = loader._load;
  let folder = '';
  const undo: (() => unknown)[] = [];
  beforeEach(() => {
    loader._load = (request, ...others) => (request === 'vscode' ? standIn : load(request, ...others));
    folder = mkdtempSync(join(tmpdir(), 'lns-churn-'));
    writeFileSync(join(folder, 'helper.js'), HELPER);
    const program = { pid: 1, parent: 1, nsPids: [1], uid: 0, insideUid: 0, command: 'sleep' };
    const template = { document: scanDocument(), container: scanned(1), process: program };
    writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
  });
  afterEach(() => {
    loader._load = load;
    for (const step of undo.splice(0).reverse()) step();
    rmSync(folder, { recursive: true });
  });

  /** An engine whose one container is another, of which its events tell, as often as the helper's are. Resolves with what ends that. */
  async function engine(): Promise<() => void> {
    const streams = new Set<ServerResponse>();
    let turn = 0;
    const id = (): string => turn.toString(16).padStart(64, '0');
    const described = (): object => ({
      Id: id(),
      Name: '/web',
      Config: { Image: 'i' },
      State: { Status: 'running', Pid: 4_000_000 + turn },
    });
    const server = createServer(({ url = '' }, response) => {
      if (url.startsWith('/events')) {
        streams.add(response.on('close', () => streams.delete(response)));
        response.flushHeaders();
      } else if (url === '/version') response.end('{}');
      else if (url.startsWith('/containers/json')) {
        response.end(JSON.stringify([{ Id: id(), Names: ['/web'], Image: 'i', State: 'running', Labels: {} }]));
      } else response.writeHead(url.includes(id()) ? 200 : 404).end(JSON.stringify(described()));
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
    await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve));
    const timer = setInterval(() => {
      turn++;
      for (const stream of streams) stream.write(`${JSON.stringify({ id: id() })}\n`);
    }, EACH_MS);
    const rest = (): void => {
      clearInterval(timer);
    };
    undo.push(() => {
      rest();
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return rest;
  }

  for (const [title, makeSource] of Object.entries(SOURCES))
    it(`leaves no memory, timer, socket or listener behind: ${title}`, async function () {
      this.timeout(60_000);
      setFlagsFromString('--expose-gc');
      const collect = runInNewContext('gc') as () => void;
      const warnings: Error[] = [];
      const warn = (warning: Error): void => void warnings.push(warning);
      process.on('warning', warn);
      undo.push(() => process.off('warning', warn));
      const rest = await engine();
      const live = makeSource(
        () => ({
          runtime: runtimeOf(join(folder, 'helper.js')),
          dockerHost: join(folder, 'docker.sock'),
          env: { HOME: folder },
          unixSockets: '/dev/null',
        }),
        (what, error) => {
          throw new Error(what, { cause: error });
        },
      );
      const inventory = new Inventory(live);
      const { ContainersProvider } = await import('../../extension/tree/containersProvider');
      const { NamespacesProvider } = await import('../../extension/tree/namespacesProvider');
      const { ViewProvider } = await import('../../extension/tree/viewProvider');
      const view = () => new ViewProvider('', () => Promise.reject(new Error('nothing is drawn')));
      const memory = { keys: () => [], get: () => undefined, update: () => Promise.resolve() };
      const views = [
        new ContainersProvider(inventory, view(), new Checked(), memory),
        new NamespacesProvider(inventory, view()),
      ];
      let pictures = 0;
      let latest = 0;
      inventory.onDidChange(({ containers }) => {
        pictures++;
        latest = Math.max(...containers.flatMap(({ engine: by, pid }) => (by === 'sandbox' ? [pid] : [])));
        // As VS Code does of what is open.
        for (const view of views)
          for (const row of view.childrenOf()) view.childrenOf(row).map((below) => view.childrenOf(below));
      });
      const footprint = async (count: number): Promise<{ mb: number; resources: Map<string, number> }> => {
        await waitFor(`${count} pictures`, () => pictures >= count, 30_000);
        collect();
        const resources = new Map<string, number>();
        for (const name of process.getActiveResourcesInfo()) resources.set(name, (resources.get(name) ?? 0) + 1);
        return { mb: process.memoryUsage().heapUsed / (1 << 20), resources };
      };
      try {
        const before = await footprint(SETTLED);
        const seen = latest;
        const after = await footprint(SETTLED + LOOKED_AT);
        const grown = after.mb - before.mb;
        console.log(`        ${LOOKED_AT} pictures: ${grown.toFixed(1)} MB more`);
        assert.ok(latest >= seen + OTHERS * LOOKED_AT, `only ${latest - seen} containers came`);
        assert.ok(grown < MOST_MB, `${grown.toFixed(1)} MB more`);
        for (const [name, count] of after.resources) {
          // Connections and timers of what is under way come and go.
          assert.ok(count <= (before.resources.get(name) ?? 0) + 4, `${name}: ${count}`);
        }
        assert.deepEqual(warnings, []);
        // One that is gone by the time it is asked about is in no picture.
        rest();
        const { containers } = await inventory.refresh();
        assert.equal(containers.filter(({ engine: by }) => by === 'sandbox').length, ALIVE);
        assert.equal(containers.filter(({ engine: by }) => by === 'docker').length, 1);
      } finally {
        for (const view of views) view.dispose();
        live.dispose();
      }
    });
});
