// ns-helper beside nsenter(1) and unshare(1), case by case (conformanceCases.ts has the table): the same namespaces,
// identity, capabilities, directory, root, mounts, visible processes and end. Where they differ on purpose, DIFFERENCES
// there says why, and the difference itself is asserted.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { Beside } from '../support/beside';
import { capture, isRunning, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { CASES, CONFINED, DIFFERENCES, type Case, type Context } from './conformanceCases';
import { commOf, enter, inodesOf, startTimeOf } from './support';
import { mountsOf, probe, type End, type ProbeOptions, type Seen } from './supportProbe';
import { asUser, PublicCopy } from './supportUsers';

/** The first are for the cases that would see each other among the processes of this target. */
const LANES = ['box', 'rootless', 'confined', 'others', 'more'] as const;
const OTHERS = ['others', 'more'] as const;

/** With its parent: a change of user undoes what startSandbox() asked for (prctl(2), PR_SET_PDEATHSIG). */
const DIES = ['setpriv', '--pdeathsig=KILL', '--'];

describe('enter, beside nsenter and unshare', () => {
  const boxes: Sandbox[] = [];
  let copy: PublicCopy;
  let user: TestUser;
  let context: Context;

  before(async () => {
    copy = new PublicCopy();
    user = await makeUser('nopasswd');
    const box = await startSandbox({ types: NAMESPACE_NAMES });
    boxes.push(box);
    const rootless = await startSandbox({ types: NAMESPACE_NAMES, user });
    boxes.push(rootless);
    const types = NAMESPACE_NAMES.filter((type) => type !== 'user');
    const confined = await startSandbox({ types, name: 'sleep', command: [...CONFINED, ...DIES, 'sleep', '1000000'] });
    boxes.push(confined);
    await waitFor('the confined target', () => commOf(confined.pid) === 'sleep');
    const pids = { box: box.pid, rootless: rootless.pid, confined: confined.pid };
    // Any two that are not the user's own.
    const groups = [4, 24, user.gid].sort((a, b) => a - b);
    context = { user, groups, copy, pids };
  });
  const beside = new Beside(LANES.length);
  after(async () => {
    for (const box of boxes) {
      await box.stop();
      await waitFor('a target to end', () => !isRunning(box.pid));
    }
    await user.remove();
    copy.remove();
  });

  const shellCode = (end: End): number => (typeof end === 'number' ? end : 128 + constants.signals[end]);

  /** Both ways; one after the other where they would see each other in the pid namespace of the target. */
  async function both(one: Case): Promise<{ ours: Seen; theirs: Seen }> {
    const options: ProbeOptions = {
      target: one.target === null ? null : inodesOf(context.pids[one.target]),
      end: one.end,
      ...(one.asUser ? { cwd: user.home, env: user.env } : {}),
    };
    for (;;) {
      const mounts = mountsOf('self').join('\n');
      const oursToBe = probe(one.ours(context), options);
      if (one.types.includes('pid')) await oursToBe;
      const [ours, theirs] = await Promise.all([oursToBe, probe(one.theirs(context), options)]);
      // What is mounted on the machine is in every new mount namespace; somebody may just have changed it.
      if (mountsOf('self').join('\n') === mounts) return { ours, theirs };
    }
  }

  for (const group of new Set(CASES.map((one) => one.group))) {
    describe(group, () => {
      for (const [index, one] of CASES.filter((candidate) => candidate.group === group).entries()) {
        const title = `${one.types}; ends with ${one.end}${one.differs.map((name) => `; differs: ${name}`).join('')}`;
        const seesOthers = ['pid', 'mnt'].some((type) => one.types.includes(type));
        const lane = (seesOthers ? one.target : null) ?? OTHERS[index % OTHERS.length]!;
        beside.it(title, () => compare(one), LANES.indexOf(lane));
      }
    });
  }

  async function compare(one: Case): Promise<void> {
    const { ours, theirs } = await both(one);
    const different = new Set<string>();
    for (const name of one.differs) {
      DIFFERENCES[name].holds(ours, theirs, context);
      for (const field of DIFFERENCES[name].fields) different.add(field);
    }
    const compared = (seen: Seen): [string, unknown][] =>
      Object.entries(seen).filter(([field]) => !different.has(field));
    assert.deepEqual(Object.fromEntries(compared(ours)), Object.fromEntries(compared(theirs)));
    // Below sudo, a shell stands in between and says it its way.
    assert.ok(ours.exit === one.end || ours.exit === shellCode(one.end), String(ours.exit));
  }

  it('each difference in the table is met by a case', () => {
    assert.deepEqual([...new Set(CASES.flatMap(({ differs }) => differs))].sort(), Object.keys(DIFFERENCES).sort());
    console.log(`      ${CASES.length} cases`);
    assert.ok(CASES.length >= 120);
  });

  describe('what cannot be done', () => {
    const target = (): string => String(context.pids.box);
    // 126 and 127 are everybody's. nsenter has no more than 1 for what it cannot enter; here each cause has its own code.
    const FAILURES: [string, () => string[], () => string[], number, number][] = [
      ['a command that is not there', () => ['--', 'lns-no-such-command'], () => ['lns-no-such-command'], 127, 127],
      ['a file that is no program', () => ['--', '/etc/passwd'], () => ['/etc/passwd'], 126, 126],
      ['a folder', () => ['--', '/etc'], () => ['/etc'], 126, 126],
    ];
    for (const [what, ours, theirs, ourCode, theirCode] of FAILURES) {
      it(`${what}: ${ourCode}, and ${theirCode} of nsenter`, async () => {
        const one = await enter(['--target', target(), '--join', 'net', ...ours()]);
        const other = await capture('nsenter', [`--target=${target()}`, '--net', '--', ...theirs()]);
        assert.deepEqual([one.code, other.code], [ourCode, theirCode], one.stderr + other.stderr);
      });
    }

    it(`a target that is not there: ${EXIT.noTarget.code}, and 1 of nsenter`, async () => {
      // PID_MAX_LIMIT of <linux/threads.h>, which is no pid any more.
      const one = await enter(['--target', '4194304', '--join', 'net', '--', 'true']);
      const other = await capture('nsenter', ['--target=4194304', '--net', '--', 'true']);
      assert.deepEqual([one.code, other.code], [EXIT.noTarget.code, 1]);
    });

    it(`a process that was not meant: ${EXIT.staleTarget.code}; nsenter cannot tell, and enters it`, async () => {
      const another = startTimeOf(context.pids.box) - 1;
      const one = await enter(['--target', `${target()}@${another}`, '--join', 'net', '--', 'true']);
      const other = await capture('nsenter', [`--target=${target()}`, '--net', '--', 'true']);
      assert.deepEqual([one.code, other.code], [EXIT.staleTarget.code, 0]);
    });

    it(`without the right to it: ${EXIT.notPermitted.code}, and 1 of nsenter`, async () => {
      const run = (argv: string[]): ReturnType<typeof capture> => {
        const [program = '', ...args] = asUser(user, argv);
        return capture(program, args);
      };
      const into = ['enter', '--target', target(), '--join', 'net', '--', 'true'];
      const one = await run([copy.node, '--', copy.helper, ...into]);
      const other = await run(['nsenter', `--target=${target()}`, '--net', '--', 'true']);
      assert.deepEqual([one.code, other.code], [EXIT.notPermitted.code, 1], one.stderr + other.stderr);
    });
  });
});
