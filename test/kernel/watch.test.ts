// `scan --watch` on a real machine: what it tells of, when it is quiet, and that it ends with who started it.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScanDocument } from '../../helper/protocol';
import { end, isRunning, run, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { descendantsOf, descriptorsOf, helper, HELPER, inotifyWatchesOf, NODE } from './support';

/** Other programs of the machine may come and go, so the tests look only at what they made. */
const TAG = `lns-${randomBytes(3).toString('hex')}`;

/** How many processes it is told of when they end (pidfd_open(2)). */
const pidfdsOf = (pid: number): number =>
  [...descriptorsOf(pid).values()].filter((link) => /\bpidfd\b/.test(link)).length;

interface Watch {
  readonly child: ChildProcess & { pid: number };
  readonly lines: string[];
  say(command: string): void;
}

describe('scan --watch', () => {
  const sandboxes: Sandbox[] = [];
  const children: ChildProcess[] = [];
  afterEach(async () => {
    await end(children.splice(0).flatMap(({ pid }) => pid ?? []));
    for (const sandbox of sandboxes.splice(0)) await sandbox.stop();
  });

  async function start(name = TAG): Promise<Sandbox> {
    const sandbox = await startSandbox({ name, types: ['net', 'pid', 'mnt'] });
    sandboxes.push(sandbox);
    return sandbox;
  }
  function startWatch(): Watch {
    const child = spawn(NODE, ['--', HELPER, 'scan', '--watch'], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    child.stdin.on('error', () => undefined);
    assert.ok(child.pid !== undefined);
    return {
      child: Object.assign(child, { pid: child.pid }),
      lines,
      say: (command) => child.stdin.write(`${command}\n`),
    };
  }
  const named = (line: string | undefined): string[] =>
    line === undefined
      ? []
      : (JSON.parse(line) as ScanDocument).containers.map(({ name }) => name).filter((name) => name.startsWith(TAG));
  const isShown = (watch: Watch, ...names: string[]): boolean =>
    watch.lines.length > 0 && JSON.stringify(named(watch.lines.at(-1)).sort()) === JSON.stringify(names.sort());
  const shows = (watch: Watch, ...names: string[]): Promise<boolean> =>
    waitFor(`the watch to show ${names.join(', ') || 'nothing'}`, () => isShown(watch, ...names));
  const ours = ({ containers }: ScanDocument): unknown[] => containers.filter(({ name }) => name.startsWith(TAG));

  it('tells of what starts and what ends, as --json does', async () => {
    const watch = startWatch();
    await shows(watch);
    const first = await start(`${TAG}-first`);
    await shows(watch, `${TAG}-first`);
    await start(`${TAG}-second`);
    await shows(watch, `${TAG}-first`, `${TAG}-second`);
    const now = JSON.parse((await helper(['scan', '--json'])).stdout) as ScanDocument;
    await waitFor('the watch to know all that --json does', () => {
      const latest = JSON.parse(watch.lines.at(-1) ?? '') as ScanDocument;
      return JSON.stringify(ours(latest)) === JSON.stringify(ours(now));
    });
    await first.stop();
    await shows(watch, `${TAG}-second`);
  });

  it('tells of a process that gets its namespaces only later, and of one that leaves them', async () => {
    const watch = startWatch();
    await shows(watch);
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'bash', '-c', LATER, 'bash', TAG], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    children.push(child);
    await sleep(600);
    child.stdin.write('\n');
    await shows(watch, TAG);
    child.stdin.write('\n');
    await shows(watch);
  });

  it('tells soon also of one that was there long before', async () => {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'bash', '-c', LATER, 'bash', TAG], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    children.push(child);
    // The watch takes all that it finds at first for old.
    await waitFor('the process', () => child.pid !== undefined && isRunning(child.pid));
    const watch = startWatch();
    await shows(watch);
    child.stdin.write('\n');
    // Half a second on a machine that is at rest.
    await waitFor('the watch to show it', () => isShown(watch, TAG), 4_000);
    child.stdin.write('\n');
    await shows(watch);
  });

  it('tells of a network namespace that is given a name', async () => {
    const watch = startWatch();
    await shows(watch);
    await run('ip', ['netns', 'add', TAG]);
    try {
      const child = spawn('ip', ['netns', 'exec', TAG, 'sleep', '1000000'], { stdio: 'ignore' });
      children.push(child);
      await shows(watch, TAG);
    } finally {
      await end(children.splice(1).flatMap(({ pid }) => pid ?? []));
      await run('ip', ['netns', 'delete', TAG]);
    }
    await shows(watch);
  });

  it('tells of a container of LXC’s that is made, and of one that is removed, though neither ever ran', async () => {
    const watch = startWatch();
    await shows(watch);
    // mkdir(1) says what it made: no more than that is taken away again.
    const made = await run('mkdir', ['--parents', '--verbose', `/var/lib/lxc/${TAG}`]);
    const [, first] = /'(.+)'/.exec(made) ?? [];
    assert.ok(first);
    const offers = (): boolean =>
      (JSON.parse(watch.lines.at(-1) ?? '') as ScanDocument).stopped.some(({ id }) => id === TAG);
    try {
      writeFileSync(`/var/lib/lxc/${TAG}/config`, '');
      await waitFor('it to be offered', offers);
    } finally {
      rmSync(first, { recursive: true });
    }
    await waitFor('it to be gone', () => !offers());
  });

  it('prints nothing twice, and nothing while paused; a look is always answered', async () => {
    const watch = startWatch();
    await start(`${TAG}-before`);
    await shows(watch, `${TAG}-before`);
    assert.ok(pidfdsOf(watch.child.pid) > 0);
    watch.say('pause');
    watch.say('look');
    const looks = (): number => (JSON.parse(watch.lines.at(-1) ?? '') as ScanDocument).looks ?? NaN;
    // What it was about to say anyway may come first.
    await waitFor('the answer to a look', () => looks() === 1);
    const paused = watch.lines.length;
    await start();
    await sleep(1_000);
    assert.equal(watch.lines.length, paused, 'it was paused');
    assert.deepEqual(inotifyWatchesOf(watch.child.pid), 0);
    assert.deepEqual(pidfdsOf(watch.child.pid), 0);
    watch.say('look');
    await shows(watch, `${TAG}-before`, TAG);
    assert.equal(looks(), 2);
    watch.say('nonsense'.repeat(1_000));
    watch.say('resume');
    await start(`${TAG}-more`);
    await shows(watch, `${TAG}-before`, TAG, `${TAG}-more`);
    const repeated = watch.lines.slice(paused + 1).filter((line, at, all) => at > 0 && line === all[at - 1]);
    assert.deepEqual(repeated, []);
  });

  describe('never outlives who started it', () => {
    it('ends when its input does', async () => {
      const watch = startWatch();
      await shows(watch);
      watch.child.stdin?.end();
      const [code] = (await once(watch.child, 'exit')) as [number | null];
      assert.equal(code, 0);
    });

    it('ends when nobody reads what it says', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lns-watch-'));
      const fifo = join(folder, 'fifo');
      await run('mkfifo', [fifo]);
      const full = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
      rmSync(folder, { recursive: true });
      try {
        assert.throws(() => {
          for (;;) writeSync(full, Buffer.alloc(4096));
        }, /EAGAIN/);
        const child = spawn(NODE, ['--', HELPER, 'scan', '--watch'], { stdio: ['pipe', full, 'inherit'] });
        children.push(child);
        await waitFor('the watch to look', () => inotifyWatchesOf(child.pid ?? 0) > 0);
        child.stdin?.end();
        await once(child, 'exit');
      } finally {
        closeSync(full);
      }
    });

    it('ends when its parent is killed', async () => {
      const parent = spawn(NODE, ['-e', PARENT, HELPER], { stdio: 'ignore' });
      children.push(parent);
      const pid = parent.pid ?? 0;
      const watch = await waitFor('the watch to start', () => descendantsOf(pid)[0]);
      await waitFor('the watch to look', () => isRunning(watch) && inotifyWatchesOf(watch) > 0);
      signal(pid, 'SIGKILL');
      await waitFor('the watch to end', () => !isRunning(watch));
    });
  });
});

/** Waits for a line, moves into namespaces of its own, waits for another, and ends. argv[0] of what it becomes is $1. */
const LATER = `read -r; exec unshare --net --uts bash -c 'exec -a "$0" bash -c "read -r"' "$1"`;

const PARENT = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['--', process.argv[1], 'scan', '--watch'], { stdio: ['pipe', 'pipe', 'ignore'] });
child.stdout.resume();
`;
