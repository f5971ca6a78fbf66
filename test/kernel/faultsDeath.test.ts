// The target dies while it is entered: before each single call that the helper makes, from the opening of the target to the
// start of the command, while a joiner is at it, and at any moment besides. Either the command runs in the namespaces that were asked for, or it is
// refused with a documented code; and nothing stays behind.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { isRunning, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, inodesOf, startTimeOf, type Inodes } from './support';
import { attempt, forEach, SteppedHelper, type Outcome, type Step } from './supportSteps';

interface Way {
  types: NamespaceName[];
  more: string[];
  /** The helpers that are started on the way. */
  helpers: Step['verb'][];
}

// One for each way that the helper goes: in process, in place; by a child; by a joiner in its place, and as its child.
const WAYS: Way[] = [
  { types: ['net', 'uts'], more: [], helpers: ['enter'] },
  { types: ['net', 'pid', 'mnt'], more: ['--as', 'target'], helpers: ['enter', 'restarted'] },
  { types: ['time', 'net'], more: ['--view', 'none'], helpers: ['enter'] },
  { types: ['user', 'net', 'uts'], more: ['--as', 'root'], helpers: ['enter'] },
  { types: ['user', 'net', 'pid'], more: ['--as', 'target'], helpers: ['enter'] },
  { types: ['user', 'net', 'pid', 'mnt'], more: ['--as', 'target'], helpers: ['enter', 'restarted'] },
];
const byJoiner = (types: readonly NamespaceName[]): boolean => types.includes('user') || types.includes('time');
/** How a target that is gone is refused. Which one depends on when it died, and all of them are true. */
const REFUSALS: ExitCause[] = ['noTarget', 'joinFailed'];
const RANDOM_ROUNDS = 200;
const JOINER_ROUNDS = 30;
const AT_ONCE = 3;

describe('enter: a target that dies meanwhile', () => {
  const stepped = new SteppedHelper();
  after(() => {
    stepped.remove();
  });

  const commandLine = (way: Way, target: number): string[] => {
    const inodes = inodesOf(target);
    const joined = way.types.map((type) => `${type}=${inodes[type]}`).join(',');
    return ['--target', `${target}@${startTimeOf(target)}`, '--join', joined, ...way.more];
  };

  /** Those of the target for what is joined; the mount namespace may be one of the command's own, for its view. */
  const expected = (way: Way, target: Inodes): Partial<Inodes> => {
    const all: Partial<Inodes> = { ...inodesOf('self') };
    delete all.mnt;
    return { ...all, ...Object.fromEntries(way.types.map((type) => [type, target[type]])) };
  };

  function check(way: Way, target: Inodes, { seen, code, signal, stderr }: Outcome<Inodes>, when: string): string {
    const said = `${way.types.join(',')}, ${when}: code ${code ?? signal ?? ''}: ${stderr}`;
    if (seen) {
      const right = expected(way, target);
      const found = Object.fromEntries(Object.keys(right).map((type) => [type, seen[type as NamespaceName]]));
      assert.deepEqual(found, right, said);
      return 'ran';
    }
    // The end of a pid namespace's first process is the end of all in it (pid_namespaces(7)).
    if (way.types.includes('pid') && (signal === 'SIGKILL' || code === 137)) return 'was ended';
    const cause = REFUSALS.find((one) => EXIT[one].code === code);
    assert.ok(cause, said);
    assert.match(stderr, /^ns-helper: [^\n]+\n$/, said);
    return cause;
  }

  async function round(way: Way, step: Step | null, waitMs: number): Promise<string> {
    const box = await startSandbox({ types: way.types });
    try {
      const inodes = inodesOf(box.pid);
      const outcome = await attempt(stepped.argv(commandLine(way, box.pid), step), {
        stops: step !== null,
        act: async () => {
          await sleep(waitMs);
          await box.stop();
          // At any other moment, one that is only just ending is as good.
          if (step) await waitFor('the target to end', () => !isRunning(box.pid));
        },
        look: inodesOf,
      });
      return check(way, inodes, outcome, step ? `before ${step.call}` : `after ${waitMs} ms`);
    } finally {
      await box.stop();
    }
  }

  /** Just when the joiner has begun, in the helper's place. */
  async function roundInJoiner(way: Way): Promise<string> {
    const box = await startSandbox({ types: way.types });
    try {
      const inodes = inodesOf(box.pid);
      const outcome = await attempt(stepped.argv(commandLine(way, box.pid), null), {
        stops: false,
        act: async (started) => {
          // It names itself, and is over before a timer would look again.
          while (!['ns-helper', 'cat', null].includes(commOf(started))) continue;
          await box.stop();
        },
        look: inodesOf,
      });
      return check(way, inodes, outcome, 'in the joiner');
    } finally {
      await box.stop();
    }
  }
  const print = (counts: ReadonlyMap<string, number>): void => {
    console.log(`      ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`);
  };
  const count = (counts: Map<string, number>, what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };

  it('each join tells the kernel its type, so that no other is taken', async () => {
    for (const { types, more, helpers } of WAYS) {
      const box = await startSandbox({ types });
      try {
        const args = commandLine({ types, more, helpers }, box.pid);
        const calls = (await Promise.all(helpers.map((verb) => stepped.calls(args, verb)))).flat();
        const flags = calls.flatMap(({ call }) => /^setns\(\d+, (\d+)\)/.exec(call)?.[1] ?? []).map(Number);
        // enterJoiner.test.ts has those of a joiner.
        const expected = byJoiner(types) ? [] : types.map((type) => namespaceType(type).flag);
        assert.deepEqual([...new Set(flags)].sort(), expected.sort(), types.join(', '));
      } finally {
        await box.stop();
      }
    }
  });

  for (const way of WAYS) {
    it(`${way.types.join(', ')}: before each step`, async function () {
      this.timeout(120_000);
      const box: Sandbox = await startSandbox({ types: way.types });
      const steps: Step[] = [];
      try {
        for (const verb of way.helpers) {
          const own = await stepped.steps(commandLine(way, box.pid), verb);
          steps.push(...own);
          // What is read by its pid is its own only if its pidfd says so afterwards.
          const lastRead = own.findLastIndex(({ call }) => call.includes(`/proc/${box.pid}/`));
          assert.ok(lastRead >= 0);
          assert.ok(own.findLastIndex(({ call }) => call.startsWith('poll(')) > lastRead, 'read, and not verified');
        }
      } finally {
        await box.stop();
      }
      const counts = new Map<string, number>();
      const at = new Map<string, string>();
      await forEach(steps, AT_ONCE, async (step) => {
        const what = await round(way, step, 0);
        count(counts, what);
        at.set(step.call.split('(')[0] ?? '', what);
      });
      print(counts);
      // Dead before it was opened: refused. Dead with all in hand: what can still be entered, is.
      assert.ok((counts.get('noTarget') ?? 0) > 0);
      if (!way.types.includes('pid')) assert.ok((counts.get('ran') ?? 0) > 0);
      assert.ok(at.has('setns') || byJoiner(way.types), 'no step at the join');
    });
  }

  for (const way of WAYS.filter(({ types }) => byJoiner(types) && !types.includes('pid'))) {
    it(`${way.types.join(', ')}: ${JOINER_ROUNDS} times while the joiner is at it`, async function () {
      this.timeout(60_000);
      const counts = new Map<string, number>();
      for (let index = 0; index < JOINER_ROUNDS; index++) count(counts, await roundInJoiner(way));
      print(counts);
      // All is in its hands by then.
      assert.equal(counts.get('ran'), JOINER_ROUNDS);
    });
  }

  it(`${RANDOM_ROUNDS} times at any moment`, async function () {
    this.timeout(180_000);
    const counts = new Map<string, number>();
    const rounds = Array.from({ length: RANDOM_ROUNDS }, (_, index) => index);
    await forEach(rounds, AT_ONCE, async (index) => {
      count(counts, await round(WAYS[index % WAYS.length]!, null, Math.random() * 200));
    });
    print(counts);
  });
});
