// Figures of the extension at work in a real editor: how long until the view shows a change, what it costs to leave it open
// or hidden, and the scanner's memory. Bundled and called by bench.mjs; needs root.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Editor } from '../campaign/editor';
import { openEditor } from '../campaign/openEditor';
import { changeUsers, makeStage, type Stage } from '../campaign/stage';
import { waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { median, memoryRows } from './figures.mjs';

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
    const user = await makeUser('none');
    undo.push(() => user.remove());
    await changeUsers('usermod', '--append', '--groups', stage.group, user.name);
    const editor = await openEditor(stage, { name: 'bench', user });
    undo.push(() => editor.close());
    await editor.workbench.runCommand('Namespaces: Filter Containers…');
    await editor.workbench.answer(`bench-${stage.tag}`);
    return [...(await changes(editor, stage)), ...(await idle(editor))];
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

async function idle(editor: Editor): Promise<Row[]> {
  const [host = 0] = editor.hosts();
  const [scan = 0] = editor.scans('user');
  const memory = memoryRows('the scanner', scan);
  const [scanVisible, hostVisible] = await Promise.all([percentOf(scan), percentOf(host)]);
  await editor.workbench.runCommand('View: Show Explorer');
  await waitFor('the scan to end', () => editor.scans('user').length === 0, 30_000);
  const hidden = await percentOf(host);
  return [
    { name: `the scanner, view visible, ${IDLE_SECONDS} s`, value: scanVisible, unit: '% CPU' },
    { name: 'the extension host with all its extensions, view visible', value: hostVisible, unit: '% CPU' },
    { name: 'the scanner, view hidden (it has ended)', value: 0, unit: '% CPU' },
    { name: 'the extension host with all its extensions, view hidden', value: hidden, unit: '% CPU' },
    ...memory,
  ];
}

async function percentOf(pid: number): Promise<number> {
  const before = ticksOf(pid);
  await sleep(IDLE_SECONDS * 1000);
  // A tick is 10 ms.
  return (ticksOf(pid) - before) / IDLE_SECONDS;
}

/** User and system time: fields 14 and 15 (proc_pid_stat(5)). */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[14 - 3]) + Number(fields[15 - 3]);
}
