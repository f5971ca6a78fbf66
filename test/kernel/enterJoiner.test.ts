// Where a user or a time namespace is joined, a joiner does it: a program of the helper's that only makes system calls. Here the kernel says
// yes to one of them and does nothing, refuses it, or kills whoever makes it.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, waitFor, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { commOf, HELPER, NODE } from './support';
import { type Rule, type Verdict, writeFiltered } from './supportFilter';

const setns = (type: NamespaceName): Rule => ({ call: 'setns', argument: 1, value: namespaceType(type).flag });
const [CLONE_PARENT, SIGCHLD, CAP_SYS_BOOT] = [0x8000, 17, 22];
/** So that there is something to drop from the bounding set. */
const BOUNDED = ['setpriv', '--bounding-set=-sys_boot', '--', 'bash', '-c', 'exec -a sandbox sleep 1000000'];

/** By which way a set of types goes: the joiner becomes the command, or its child does, for which a helper waits. */
const BOXES = {
  'user,mnt,net,uts': 'in its place',
  'user,mnt,net,uts,pid': 'with a helper that waits',
  'time,net,uts': 'in its place, without a user namespace',
  'time,net,uts,pid': 'without one, with a helper that waits',
} as const;
type Types = keyof typeof BOXES;

describe('enter: a joiner whose calls do not do what they are asked for', () => {
  let folder: string;
  const boxes = new Map<Types, Sandbox>();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-calls-'));
    for (const types of Object.keys(BOXES) as Types[]) {
      const box = await startSandbox({ types: types.split(',') as NamespaceName[], command: BOUNDED });
      boxes.set(types, box);
      await waitFor('what confines it', () => commOf(box.pid) === 'sleep');
    }
  });
  after(async () => {
    for (const box of boxes.values()) await box.stop();
    rmSync(folder, { recursive: true });
  });

  /** Marks the processes of one entry, in the environment of the helper and of all that comes of it. */
  const MARK = `LNS_JOINER_TEST=${process.pid}`;
  const isOurs = (pid: number): boolean => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(MARK);
    } catch {
      return false;
    }
  };
  const ours = (): number[] =>
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && isOurs(pid));

  /** `echo executed` in there, with the helper below the filter. */
  async function enterBelow(types: Types, rules: readonly Rule[], verdict: Verdict): Promise<RunResult> {
    const enter = ['--target', String(boxes.get(types)?.pid), '--join', types, '--as', 'target'];
    const file = join(folder, 'below');
    const argv = [NODE, '--', HELPER, 'enter', ...enter, '--', '/bin/echo', 'executed'] as const;
    writeFiltered(file, rules, verdict, argv, [MARK, 'PATH=/usr/bin:/bin']);
    const result = await capture(file, []);
    await waitFor('all of it to be gone', () => ours().length === 0);
    return result;
  }

  for (const types of Object.keys(BOXES) as Types[]) {
    describe(BOXES[types], () => {
      const names = types.split(',') as NamespaceName[];

      it('they do, for comparison: the command runs', async () => {
        const { code, stdout, stderr } = await enterBelow(types, [], 0);
        assert.deepEqual([code, stdout, stderr], [0, 'executed\n', '']);
      });

      for (const missed of [...names.map((name) => [name]), ['net', 'uts'] as NamespaceName[], names]) {
        it(`${missed.join(', ')} is not joined, though the kernel says so: named, and the command never runs`, async () => {
          const { code, stdout, stderr } = await enterBelow(types, missed.map(setns), 0);
          assert.deepEqual([code, stdout], [EXIT.joinFailed.code, ''], stderr);
          assert.match(stderr, /^ns-helper: the join did not take effect: [^\n]+; nothing was started\n$/);
          const named = [...stderr.matchAll(/(\w+) of process \d+/g)].map(([, type]) => type);
          assert.deepEqual(named.sort(), [...missed].sort());
        });
      }

      const CALLS: [string, Rule][] = [
        ...names.map((name): [string, Rule] => [`setns of ${name}`, setns(name)]),
        ['close_range', { call: 'close_range', argument: 2, value: 0 }],
        ['prctl for the bounding set', { call: 'prctl', argument: 1, value: CAP_SYS_BOOT }],
        ...(names.includes('pid')
          ? [['clone', { call: 'clone', argument: 0, value: CLONE_PARENT | SIGCHLD }] as [string, Rule]]
          : []),
      ];
      for (const [name, rule] of CALLS) {
        it(`${name} fails: one line, an exit code of its own, and the command never runs`, async () => {
          const EIO = 5;
          const { code, stdout, stderr } = await enterBelow(types, [rule], EIO);
          assert.equal(stdout, '');
          assert.match(stderr, /^ns-helper: [^\n]*i\/o error[^\n]*\n$/);
          assert.ok(
            Object.values(EXIT).some((exit) => exit.code === code && exit !== EXIT.notFound),
            String(code),
          );
        });

        it(`${name} ends it: the command never runs, and nothing stays behind`, async () => {
          const { code, signal, stdout } = await enterBelow(types, [rule], 'kill');
          assert.deepEqual([code, signal, stdout], [null, 'SIGSYS', '']);
        });
      }
    });
  }
});
