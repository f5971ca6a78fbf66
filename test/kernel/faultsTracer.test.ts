// Where nsenter runs the command, a helper outside traces it (helper/enter/tracer.ts). Before each call that this one makes, the target,
// the first helper or itself is killed. Either the command runs where it should, or it never does, for a reason that is documented; and
// nothing stays behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { end, isRunning, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, inodesOf, statusOf, type Inodes } from './support';
import { attempt, forEach, SteppedHelper, type Outcome, type Step } from './supportSteps';

/** What is joined, of a box with what types: nsenter takes the first helper's place, or that one waits for it. */
const WAYS = [
  { name: 'in its place', join: ['user', 'mnt'], types: ['user', 'mnt'], command: ['sleep', '1000000'] },
  {
    name: 'with a helper that waits',
    join: ['user', 'pid'],
    types: ['mnt', 'pid'],
    command: ['unshare', '--user', '--map-root-user', 'bash', '-c', 'exec -a sandbox sleep 1000000'],
  },
] as const satisfies { name: string; join: NamespaceName[]; types: NamespaceName[]; command: string[] }[];
type Way = (typeof WAYS)[number];

const AT_ONCE = 3;

/** clone3(2) with set_tid: a process that sleeps, with a pid that nobody has. The number is the same on all architectures. */
const SLEEP_AS = `
my $pid = pack 'i', $ARGV[0];
my $arguments = pack 'Q11', 0, 0, 0, 0, 17, 0, 0, 0, unpack('J', pack 'P', $pid), 1, 0;
my $child = syscall 435, $arguments, 88;
die "clone3: $!\\n" if $child < 0;
exec 'sleep', '1000000' if $child == 0;
waitpid $child, 0;`;

describe('enter: nsenter, traced, while something is killed', () => {
  const stepped = new SteppedHelper();
  after(() => {
    stepped.remove();
  });

  async function withBox<T>({ types, command }: Way, use: (box: Sandbox) => Promise<T>): Promise<T> {
    const box = await startSandbox({ types, command });
    try {
      await waitFor('its namespaces', () => commOf(box.pid) === 'sleep');
      return await use(box);
    } finally {
      await box.stop();
    }
  }
  const args = ({ join }: Way, { pid }: Sandbox): string[] => [
    ...['--target', String(pid), '--join', join.join(), '--as', 'root'],
  ];

  type Victim = 'the target' | 'the first helper' | 'the tracer';
  const kill = async (victim: Victim, box: Sandbox, started: number, tracer: number): Promise<void> => {
    if (victim === 'the target') await box.stop();
    else signal(victim === 'the tracer' ? tracer : started, 'SIGKILL');
  };

  function check(way: Way, target: Inodes, { seen, code, signal: by, stderr }: Outcome<Inodes>, when: string): string {
    const said = `${when}: code ${code ?? by ?? ''}: ${stderr}`;
    if (seen) {
      for (const type of way.join) assert.equal(seen[type], target[type], said);
      return 'ran';
    }
    if (by === 'SIGKILL') {
      assert.equal(stderr, '', said);
      return 'was ended';
    }
    assert.equal(code, EXIT.joinFailed.code, said);
    assert.match(stderr, /^(?:nsenter: fork failed|ns-helper: what nsenter joins there cannot be verified).*\n$/, said);
    return 'joinFailed';
  }

  for (const way of WAYS) {
    for (const victim of ['the target', 'the first helper', 'the tracer'] as const) {
      it(`${way.name}: ${victim}, before each of the tracer’s calls`, async function () {
        this.timeout(120_000);
        const steps = await withBox(way, (box) => stepped.everyStep(args(way, box), 'resume'));
        const counts = new Map<string, number>();
        await forEach(steps, AT_ONCE, (step: Step) =>
          withBox(way, async (box) => {
            const inodes = inodesOf(box.pid);
            const outcome = await attempt(stepped.argv(args(way, box), step), {
              stops: 'another',
              act: (started, tracer) => kill(victim, box, started, tracer),
              look: inodesOf,
            });
            const what = check(way, inodes, outcome, `${victim} before ${step.call}`);
            counts.set(what, (counts.get(what) ?? 0) + 1);
          }),
        );
        console.log(`      ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`);
        assert.ok(steps.length > 10);
      });
    }
  }

  it('another process that has the first helper’s pid by then is let go of', async () => {
    const [way] = WAYS;
    await withBox(way, async (box) => {
      const steps = await stepped.everyStep(args(way, box), 'resume');
      const seize = steps.find(({ call }) => call.startsWith('ptrace('));
      assert.ok(seize);
      let other = 0;
      await attempt(stepped.argv(args(way, box), seize), {
        stops: 'another',
        act: async (started) => {
          signal(started, 'SIGKILL');
          await waitFor('its pid to be free', () => isFree(started));
          await once(spawn('perl', ['-e', SLEEP_AS, String(started)], { stdio: 'ignore' }), 'spawn');
          await waitFor('the other process', () => !isFree(started) && commOf(started) === 'sleep');
          other = started;
        },
        look: () => null,
      });
      assert.ok(isRunning(other));
      assert.equal(statusOf(other).get('TracerPid'), '0');
      await end([other]);
    });
  });
});

function isFree(pid: number): boolean {
  try {
    commOf(pid);
    return false;
  } catch {
    return true;
  }
}
