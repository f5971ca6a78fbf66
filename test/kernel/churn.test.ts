// Containers that come and go by the hundreds beside `scan --watch`: it neither grows nor dies, and is right in the end.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScanDocument } from '../../helper/protocol';
import { end, isRunning, signal, waitFor } from '../support/run';
import { descriptorsOf, helper, HELPER, NODE } from './support';

const TAG = `lns-${randomBytes(3).toString('hex')}`;
const EACH_MS = 50;
/** A minute of them, where the machine keeps pace. */
const STARTED = 1_200;
/** Until then whatever is made once has been made. */
const SETTLED = 400;
/** How many there are at once. */
const ALIVE = 40;
/** How many stay to the end. */
const LAST = 5;

const TYPES = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--uts', '--ipc', '--cgroup', '--time'];
const PROCESSES = 'sleep 1000000 & exec -a "$0" sleep 1000000';

/** Of all eight types, with two processes, in a process group of its own. */
function startSandbox(): ChildProcess {
  const options = [...TYPES, '--fork', '--kill-child', '--mount-proc', '--'];
  return spawn('unshare', [...options, 'bash', '-c', PROCESSES, TAG], { detached: true, stdio: 'ignore' });
}

async function stop(sandbox: ChildProcess | undefined): Promise<void> {
  if (sandbox?.pid === undefined || sandbox.exitCode !== null || sandbox.signalCode !== null) return;
  const ended = once(sandbox, 'exit');
  signal(-sandbox.pid, 'SIGKILL');
  await ended;
}

/** What a document says of these sandboxes; other programs of the machine may come and go. */
function oursIn({
  containers,
  namespaces,
  processes,
}: ScanDocument): Pick<ScanDocument, 'containers' | 'namespaces' | 'processes'> {
  const ours = containers.filter(({ name }) => name === TAG);
  const pids = new Set(ours.flatMap((container) => container.pids));
  const inodes = new Set(ours.flatMap((container) => Object.values(container.namespaces)));
  return {
    containers: ours,
    // The host's own list their processes only where they are asked to.
    namespaces: namespaces.filter(({ inode, pids: [first] }) => inodes.has(inode) && pids.has(first ?? 0)),
    processes: processes.filter(({ pid }) => pids.has(pid)),
  };
}

/** Of its own, without the files of Node that it has mapped. */
const memoryMb = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

describe('scan --watch: churn', () => {
  const sandboxes: ChildProcess[] = [];
  let watch: ChildProcess & { pid: number };
  /** The last complete line: it may be ended while it writes one. */
  let latest = '';
  before(async () => {
    const child = spawn(NODE, ['--', HELPER, 'scan', '--watch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    assert.ok(child.pid !== undefined);
    watch = Object.assign(child, { pid: child.pid });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.endsWith('}')) latest = line;
    });
    await waitFor('the first document', () => latest !== '');
  });
  after(async () => {
    await end([watch.pid]);
    await Promise.all(sandboxes.map(stop));
  });

  it('neither grows nor ends while twenty sandboxes a second come and go, and is right at the end', async function () {
    this.timeout(240_000);
    const memory: number[] = [];
    let descriptors = 0;
    const stopped: Promise<void>[] = [];
    const begun = Date.now();
    for (let started = 1; started <= STARTED; started++) {
      sandboxes.push(startSandbox());
      if (sandboxes.length > ALIVE) stopped.push(stop(sandboxes.shift()));
      memory.push(memoryMb(watch.pid));
      if (started <= SETTLED) descriptors = Math.max(descriptors, descriptorsOf(watch.pid).size);
      // Where starting one took longer, the next ones make up for it.
      await sleep(Math.max(0, begun + started * EACH_MS - Date.now()));
    }
    const seconds = Math.round((Date.now() - begun) / 1000);
    stopped.push(...sandboxes.splice(LAST).map(stop));
    await Promise.all(stopped);
    assert.equal(sandboxes.filter(({ pid }) => pid !== undefined && isRunning(pid)).length, LAST);

    const fresh = await waitFor('all of the last ones to have begun', async () => {
      const document = JSON.parse((await helper(['scan', '--json'])).stdout) as ScanDocument;
      const ours = oursIn(document);
      return ours.containers.length === LAST && ours.processes.length === 2 * LAST && ours;
    });
    await waitFor('the watch to say what --json does', () => {
      return JSON.stringify(oursIn(JSON.parse(latest) as ScanDocument)) === JSON.stringify(fresh);
    });
    await waitFor('the watch to hold no more open than at first', () => descriptorsOf(watch.pid).size <= descriptors);
    const [early, late] = [Math.max(...memory.slice(0, SETTLED)), Math.min(...memory.slice(-SETTLED))];
    console.log(
      `        ${STARTED} sandboxes in ${seconds} s, ${Math.round(early)} MB at first, ${Math.round(late)} in the end`,
    );
    // What V8 takes for garbage differs by some megabytes from one minute to the next.
    assert.ok(late < early + 24, `${Math.round(early)} MB at first, ${Math.round(late)} in the end`);
  });
});
