// Figures of the extension at work in a real editor: how long until the view shows a change, what it costs to leave it open
// or hidden, and the scanner's memory. Bundled and called by bench.mjs; needs root.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Editor } from '../campaign/editor';
import { openEditor } from '../campaign/openEditor';
import { changeUsers, makeStage, type Stage } from '../campaign/stage';
import { waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { median, memoryRows } from './figures.mjs';
import { cpuMsOf } from './host/cpuClock.cjs';

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const CHANGES = 9;
const IDLE_SECONDS = 60;

export async function measureInEditor(vsix: string, artifacts: string): Promise<Row[]> {
  const undo: (() => unknown)[] = [];
  try {
    const stage = await makeStage(vsix, artifacts);
    undo.push(() => stage.stop());
    const [user, bareUser] = [await makeUser('none'), await makeUser('none')];
    for (const each of [user, bareUser]) undo.push(() => each.remove());
    await changeUsers('usermod', '--append', '--groups', stage.group, user.name);
    const editor = await openEditor(stage, { name: 'bench', user });
    undo.push(() => editor.close());
    // The same editor without us: what its extension host takes anyway.
    const bare = await openEditor(stage, { name: 'bare', user: bareUser, bare: true });
    undo.push(() => bare.close());
    await editor.filter(`bench-${stage.tag}`);
    return [...(await changes(editor, stage)), ...(await idle(editor, bare))];
  } finally {
    for (const step of undo.reverse()) await step();
  }
}

/** From when the process is there, or the engine's command has answered, until the row is on the page. */
async function changes(editor: Editor, { tag, docker }: Stage): Promise<Row[]> {
  const tree = editor.workbench.page.locator('.part.sidebar .monaco-list').first();
  const row = tree.locator('.monaco-list-row', { hasText: `bench-${tag}-` });
  const shown = async (state: 'visible' | 'detached'): Promise<number> => {
    const since = performance.now();
    await row.first().waitFor({ state });
    return performance.now() - since;
  };
  const times = { came: [] as number[], went: [] as number[], ran: [] as number[] };
  for (let change = 0; change < CHANGES; change++) {
    const sandbox = await startSandbox({ name: `bench-${tag}-${change}`, types: ['net', 'pid', 'mnt'] });
    times.came.push(await shown('visible'));
    await sandbox.stop();
    times.went.push(await shown('detached'));
    const name = `bench-${tag}-docker-${change}`;
    await docker.run(name, { args: ['--network', 'none'] });
    times.ran.push(await shown('visible'));
    await docker.cli('rm', '--force', name);
    await shown('detached');
  }
  return [
    { name: 'a sandbox that starts is on the screen after', value: median(times.came), unit: 'ms' },
    { name: 'one that ends is gone after', value: median(times.went), unit: 'ms' },
    { name: 'a container is on the screen after `docker run`', value: median(times.ran), unit: 'ms' },
  ];
}

async function idle(editor: Editor, bare: Editor): Promise<Row[]> {
  const [host = 0] = editor.hosts();
  const [bareHost = 0] = bare.hosts();
  const [scan = 0] = editor.scans('user');
  const memory = memoryRows('the scanner', scan);
  const [scanVisible = 0, ...visible] = await percentsOf(scan, host, bareHost);
  await editor.workbench.runCommand('View: Show Explorer');
  await waitFor('the scan to end', () => editor.scans('user').length === 0, 30_000);
  const hidden = await percentsOf(host, bareHost);
  return [
    ...costs('visible', scanVisible, visible),
    // It has ended.
    ...costs('hidden', 0, hidden),
    ...memory,
  ];
}

function costs(view: string, scan: number, [ours = 0, bare = 0]: readonly number[]): Row[] {
  const row = (name: string, value: number): Row => ({ name: `view ${view}, idle: ${name}`, value, unit: '% CPU' });
  return [
    row('the scanner', scan),
    row('the extension host with all its extensions', ours),
    row('that of an editor without ours, in the same minute', bare),
    row('so we cost in all', scan + ours - bare),
  ];
}

/** Of each, over the same minute. */
async function percentsOf(...pids: number[]): Promise<number[]> {
  const before = pids.map(cpuMsOf);
  await sleep(IDLE_SECONDS * 1000);
  return pids.map((pid, at) => (cpuMsOf(pid) - (before[at] ?? 0)) / 10 / IDLE_SECONDS);
}
