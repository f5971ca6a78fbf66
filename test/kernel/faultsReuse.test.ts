// The target's pid is given to another process: before the helper starts, while it works (before each of its calls, and at
// any moment), by force, in a pid namespace of this test's own. The command is never in a namespace of the second process,
// nor as its user.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStartTime } from '../../helper/procStat';
import { EXIT } from '../../helper/protocol';
import { waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { descendantsOf, statusOf } from './support';
import { attempt, forEach, SteppedHelper, type Outcome, type Step } from './supportSteps';

const BEFORE_ROUNDS = 60;
const RANDOM_ROUNDS = 60;
const AT_ONCE = 2;
const PATIENCE_MS = 15_000;

/**
 * First process of the pid namespace: starts and ends others as it is told to. ns_last_pid is where the kernel begins to
 * look for the next free pid (proc_sys_kernel(5)), and it counts for the namespace of whoever writes it. Names and numbers
 * reach the script as arguments and on its input, never as script.
 */
const FIRST_PROCESS = `
while read -r verb pid net uid; do
  case $verb in
    start)
      echo $((pid - 1)) > /proc/sys/kernel/ns_last_pid
      nsenter --net=/proc/self/fd/$net -- setpriv --reuid=$uid --regid=$uid --clear-groups -- sleep 1000000 \\
        < /dev/null > /dev/null 2>&1 &
      echo $! ;;
    end)
      kill -KILL $pid
      wait $pid
      echo $pid ;;
  esac
done`;

/** Who may be behind a pid: told apart by network namespace (the script's descriptor of it) and user. */
const MEANT = { fd: 3, uid: 4242 };
const OTHER = { fd: 4, uid: 4343 };

type FirstProcess = ChildProcessByStdio<Writable, Readable, null>;

class PidNamespace {
  readonly #child: FirstProcess;
  readonly #lines: Interface;
  #last: Promise<unknown> = Promise.resolve();

  constructor(networks: readonly number[]) {
    const argv = ['--pid', '--fork', '--kill-child', '--mount-proc', '--', 'bash', '-c', FIRST_PROCESS];
    const stdio = ['pipe', 'pipe', 'ignore', ...networks] as const;
    this.#child = spawn('unshare', argv, { stdio: [...stdio] }) as FirstProcess;
    this.#lines = createInterface(this.#child.stdout);
  }

  /** Pid of the first process, as the machine counts. */
  async first(): Promise<number> {
    return waitFor('the pid namespace', () => descendantsOf(this.#child.pid ?? 0)[0]);
  }

  /** One question after the other: several rounds are under way at once. */
  #ask(question: string): Promise<number> {
    const answer = this.#last.then(async () => {
      this.#child.stdin.write(`${question}\n`);
      const [line] = (await once(this.#lines, 'line')) as [string];
      return Number(line);
    });
    this.#last = answer;
    return answer;
  }

  /**
   * Starts a process with just this pid. A thread that a helper starts meanwhile may get it, and keep it until that helper
   * ends; then once more. False where it could not be had in time.
   */
  async start(pid: number, { fd, uid }: typeof MEANT, patienceMs: number): Promise<boolean> {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      const got = await this.#ask(`start ${pid} ${fd} ${uid}`);
      if (got === pid) return true;
      await this.end(got);
      await sleep(25);
    }
    return false;
  }

  async end(pid: number): Promise<void> {
    await this.#ask(`end ${pid}`);
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.stdin.end();
    await closed;
  }
}

interface Seen {
  net: number;
  uid: string;
}

describe('enter: a pid that is given to another process', () => {
  const stepped = new SteppedHelper();
  let boxes: Sandbox[] = [];
  let pids: PidNamespace;
  let first: number;
  let meantNet: number;
  /** How often a pid really came to be another process's. */
  let reused = 0;
  let nextPid = 1000;

  before(async () => {
    boxes = [await startSandbox({ types: ['net'] }), await startSandbox({ types: ['net'] })];
    const networks = boxes.map(({ pid }) => openSync(`/proc/${pid}/ns/net`, 'r'));
    pids = new PidNamespace(networks);
    first = await pids.first();
    for (const fd of networks) closeSync(fd);
    meantNet = statSync(`/proc/${boxes[0]!.pid}/ns/net`).ino;
  });
  after(async () => {
    await pids.stop();
    for (const box of boxes) await box.stop();
    stepped.remove();
  });

  // Through the root of the first process, where /proc is that of its pid namespace.
  const proc = (pid: number, file: string): string => readFileSync(`/proc/${first}/root/proc/${pid}/${file}`, 'utf8');
  const startTime = (pid: number): number => parseStartTime(proc(pid, 'stat'));
  const inside = (): string[] => ['nsenter', `--target=${first}`, '--pid', '--mount', '--'];
  const look = (cat: number): Seen => ({
    net: statSync(`/proc/${cat}/ns/net`).ino,
    uid: statusOf(cat).get('Uid')?.split('\t')[0] ?? '',
  });

  /** A pid that nobody has, with the process that is meant behind it; all it is to become is done. */
  async function meant(): Promise<{ pid: number; started: number }> {
    const pid = (nextPid += 50);
    assert.ok(await pids.start(pid, MEANT, PATIENCE_MS));
    await waitFor('the target', () => proc(pid, 'comm') === 'sleep\n');
    return { pid, started: startTime(pid) };
  }

  /** Gives the pid to the other process. False where it could not be had, since the helper itself has it now. */
  async function replace(pid: number, patienceMs = PATIENCE_MS): Promise<boolean> {
    await pids.end(pid);
    if (!(await pids.start(pid, OTHER, patienceMs))) return false;
    await waitFor('the other process', () => proc(pid, 'comm') === 'sleep\n');
    reused++;
    return true;
  }

  function check({ seen, code, signal, stderr }: Outcome<Seen>, when: string, uid = MEANT.uid): string {
    const said = `${when}: code ${code ?? signal ?? ''}: ${stderr}`;
    if (seen) {
      assert.deepEqual(seen, { net: meantNet, uid: String(uid) }, said);
      return 'ran';
    }
    const cause = (['noTarget', 'staleTarget', 'wrongNamespace'] as const).find((one) => EXIT[one].code === code);
    assert.ok(cause, said);
    assert.match(stderr, /^ns-helper: [^\n]+\n$/, said);
    return cause;
  }

  const counter = (): { add: (what: string) => void; print: () => Map<string, number> } => {
    const counts = new Map<string, number>();
    return {
      add: (what) => counts.set(what, (counts.get(what) ?? 0) + 1),
      print: () => {
        console.log(`      ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`);
        return counts;
      },
    };
  };
  const rounds = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  it('its process is entered where the pid is still its own', async () => {
    const { pid, started } = await meant();
    const args = ['--target', `${pid}@${started}`, '--join', `net=${meantNet}`, '--as', 'target'];
    const outcome = await attempt(stepped.argv(args, null, inside()), { stops: false, act: () => sleep(0), look });
    assert.equal(check(outcome, 'undisturbed'), 'ran');
    await pids.end(pid);
  });

  it(`${BEFORE_ROUNDS} times before the helper starts: refused`, async function () {
    this.timeout(120_000);
    const counts = counter();
    await forEach(rounds(BEFORE_ROUNDS), AT_ONCE, async (index) => {
      const { pid, started } = await meant();
      assert.ok(await replace(pid));
      // Two processes of one tick, a hundredth of a second, can only be told apart by what else was asked for.
      const sameTick = startTime(pid) === started;
      const join = sameTick || index % 2 === 0 ? `net=${meantNet}` : 'net';
      const argv = stepped.argv(['--target', `${pid}@${started}`, '--join', join], null, inside());
      const outcome = await attempt(argv, { stops: false, act: () => sleep(0), look });
      const what = check(outcome, 'before the start');
      assert.equal(what, sameTick ? 'wrongNamespace' : 'staleTarget', outcome.stderr);
      counts.add(what);
      await pids.end(pid);
    });
    counts.print();
  });

  // As the target, more of it is read, and verified once more; as root, there is only the first time.
  for (const as of ['target', 'root']) {
    it(`before each of the helper’s calls, as ${as}: the first process, or refused`, async function () {
      this.timeout(120_000);
      // No inode is given: all hangs on the pidfd and on the start time.
      const args = (pid: number, started: number): string[] => [
        ...['--target', `${pid}@${started}`, '--join', 'net', '--as', as],
      ];
      const model = await meant();
      const steps: Step[] = await stepped.steps(args(model.pid, model.started), 'enter', inside());
      await pids.end(model.pid);
      const counts = counter();
      await forEach(steps, AT_ONCE, async (step) => {
        const { pid, started } = await meant();
        const outcome = await attempt(stepped.argv(args(pid, started), step, inside()), {
          stops: true,
          act: async () => {
            assert.ok(await replace(pid));
          },
          look,
        });
        counts.add(check(outcome, `before ${step.call}`, as === 'root' ? 0 : MEANT.uid));
        await pids.end(pid);
      });
      const found = counts.print();
      // Before it is opened it is another one; with all in hand it is still the first.
      const refused = [found.get('staleTarget'), found.get('noTarget')];
      assert.ok(refused.every((times = 0) => times > 0) && (found.get('ran') ?? 0) > 0);
    });
  }

  it(`${RANDOM_ROUNDS} times at any moment: the first process, or refused`, async function () {
    this.timeout(120_000);
    const counts = counter();
    await forEach(rounds(RANDOM_ROUNDS), AT_ONCE, async () => {
      const { pid, started } = await meant();
      const wait = Math.random() * 200;
      const other = { isThere: false };
      const args = ['--target', `${pid}@${started}`, '--join', `net=${meantNet}`, '--as', 'target'];
      const outcome = await attempt(stepped.argv(args, null, inside()), {
        stops: false,
        act: async () => {
          await sleep(wait);
          // The helper waits for no one here, and one of its first threads may take the pid just as well.
          other.isThere = await replace(pid, 500);
        },
        look,
      });
      counts.add(check(outcome, `after ${wait} ms`));
      if (other.isThere) await pids.end(pid);
    });
    counts.print();
  });

  it('all of this really happened: a pid was given to another process at least 200 times', () => {
    console.log(`      ${reused} times`);
    assert.ok(reused >= 200, `only ${reused} times`);
  });
});
