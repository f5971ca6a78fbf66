// What a joiner is told to do, gone through by a model of it whose kernel answers what the test likes: see helper/joiner/machineCode.ts.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { executeCommand } from '../../helper/enter/commandSteps';
import { leaveKeyring, takeLabel } from '../../helper/enter/identitySteps';
import { join, verify } from '../../helper/enter/joinSteps';
import { makeNew } from '../../helper/enter/makeSteps';
import type { OpenNamespace } from '../../helper/enter/state';
import type { Step } from '../../helper/joiner/image';
import { NAMESPACE_NAMES, namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT, type ExitCause } from '../../helper/protocol';

interface Run {
  /** The calls that were made, in this order. */
  calls: Step[];
  /** How it ended: by a line of its own, or past the last step. */
  ended: ExitCause | number | 'past the last';
  /** What was written to standard error. */
  said: string;
}

/** `answer` gives a call's result; a comparison compares. */
function runList(steps: readonly Step[], answer: (step: Step) => number): Run {
  const calls: Step[] = [];
  let said = '';
  let index = 0;
  for (let step = steps[index]; step; step = steps[index]) {
    assert.ok(calls.length < 10 * steps.length, 'it never ends');
    calls.push(step);
    const [first, second, third] = step.args;
    if (step.call === 'exit_group') return { calls, said, ended: Number(first) };
    const result = step.call === 'same' ? ((first as Buffer).equals(second as Buffer) ? 0 : -1) : answer(step);
    if (step.call === 'write' && first === 2) said += (second as Buffer).toString('utf8', 0, Number(third));
    if (step.at && result === step.at.result) {
      index = steps.indexOf(step.at.step);
      assert.ok(index >= 0, 'a step that is not in the list');
    } else if (result < 0 && step.failure) return { calls, said, ended: step.failure.cause };
    else index += 1;
  }
  return { calls, said, ended: 'past the last' };
}

const namespace = (type: NamespaceName, index: number): OpenNamespace => ({
  type,
  fd: 10 + index,
  inode: 4026531000 + index,
  source: 'process 42',
});
const ALL = NAMESPACE_NAMES.map(namespace);
const joined = (steps: readonly Step[]): unknown[] =>
  steps.filter(({ call }) => call === 'setns').map(({ args }) => args[0]);
const fdOf = (type: NamespaceName): number => ALL.find((one) => one.type === type)?.fd ?? NaN;

describe('a joiner’s list', () => {
  it('joins with the type, root everything else before `user`, anybody else `user` before everything else, `mnt` after the others', () => {
    const others = NAMESPACE_NAMES.filter((name) => name !== 'user').map(fdOf);
    assert.equal(others.at(-1), fdOf('mnt'));
    const shuffled = [...ALL].reverse();
    assert.deepEqual(joined(join(shuffled, null, true)), [...others, fdOf('user')]);
    assert.deepEqual(joined(join(shuffled, null, false)), [fdOf('user'), ...others]);
    const owner = { ...namespace('user', 90), fd: 99 };
    assert.deepEqual(joined(join(shuffled, owner, false)), [99, ...others, fdOf('user')]);
    for (const { call, args } of join(ALL, null, true)) {
      if (call !== 'setns') continue;
      assert.equal(args[1], namespaceType(ALL.find(({ fd }) => fd === args[0])?.type ?? 'net').flag);
    }
  });

  it('may not be looked into before it joins anything, nor after', () => {
    const steps = join(ALL, null, true);
    const [PR_SET_DUMPABLE, setns] = [4, steps.findIndex(({ call }) => call === 'setns')];
    const isNotDumpable = ({ call, args, failure }: Step): boolean =>
      call === 'prctl' && args[0] === PR_SET_DUMPABLE && args[1] === 0 && failure !== undefined;
    assert.ok(steps.slice(0, setns).some(isNotDumpable));
    assert.ok(steps.slice(setns).some(isNotDumpable));
  });

  it('goes on only where every join took, and else names each that did not', () => {
    const types = fc.uniqueArray(fc.constantFrom(...NAMESPACE_NAMES), { minLength: 1 });
    const wrong = fc.uniqueArray(fc.constantFrom(...NAMESPACE_NAMES));
    fc.assert(
      fc.property(types, wrong, (asked, elsewhere) => {
        const next: Step = { call: 'exit_group', args: [77] };
        const namespaces = ALL.filter(({ type }) => asked.includes(type));
        const steps = [...verify(namespaces, 5, next), next];
        const { ended, said } = runList(steps, ({ call, args }) => {
          if (call !== 'readlinkat') return 0;
          const [, path, buffer] = args as [number, Buffer, Buffer];
          const type = path
            .toString('latin1', 'thread-self/ns/'.length, path.length - 1)
            .replace('_for_children', '') as NamespaceName;
          const { inode } = ALL.find((one) => one.type === type) ?? assert.fail(type);
          const link = `${type}:[${elsewhere.includes(type) ? inode * 10 : inode}]`;
          return buffer.write(link);
        });
        const missed = asked.filter((type) => elsewhere.includes(type));
        assert.equal(ended, missed.length === 0 ? 77 : EXIT.joinFailed.code);
        const named = [...said.matchAll(/(\w+) of process 42/g)].map(([, type]) => type);
        assert.deepEqual(named.sort(), [...missed].sort());
        assert.match(
          said,
          missed.length === 0 ? /^$/ : /^ns-helper: the join did not take effect: [^\n]*; nothing was started\n$/,
        );
      }),
    );
  });

  it('goes on nowhere where a link cannot be read', () => {
    const next: Step = { call: 'exit_group', args: [77] };
    const steps = [...verify(ALL, 5, next), next];
    assert.equal(runList(steps, ({ call }) => (call === 'readlinkat' ? -13 : 0)).ended, 'joinFailed');
  });

  describe('for a command', () => {
    const ENV = [Buffer.from('PATH=/a:/b:/c'), Buffer.from('X=1')];
    const [ENOENT, E2BIG, ENOEXEC, EACCES, EIO] = [-2, -7, -8, -13, -5];
    /** What the kernel says of each file; the others are not there. */
    const run = (files: Record<string, number>, command = ['tool', 'x']): { tried: string[]; ended: unknown } => {
      const tried: string[] = [];
      let endsOnBrokenPipe = false;
      const { ended } = runList(executeCommand(command, ENV), ({ call, args }) => {
        if (call === 'rt_sigaction') {
          endsOnBrokenPipe = (args[1] as Buffer).every((byte) => byte === 0); // SIG_DFL
          return 0;
        }
        const path = (args[call === 'faccessat' ? 1 : 0] as Buffer).toString().slice(0, -1);
        if (call === 'faccessat') return path in files ? 0 : ENOENT;
        if (endsOnBrokenPipe) tried.push(path);
        return files[path] ?? ENOENT;
      });
      return { tried, ended };
    };

    it('looks along PATH, as execvp(3) does, and nowhere else, with the signals that a command is to have', () => {
      assert.deepEqual(run({}), { tried: ['/a/tool', '/b/tool', '/c/tool'], ended: 'notFound' });
      assert.deepEqual(run({}, ['./tool']), { tried: ['./tool'], ended: 'notFound' });
    });

    it('says why a file that is there cannot be executed', () => {
      for (const errno of [ENOENT, E2BIG, EACCES, EIO]) assert.equal(run({ '/b/tool': errno }).ended, 'notExecutable');
    });

    it('takes what the kernel does not know for a script', () => {
      assert.deepEqual(run({ '/b/tool': ENOEXEC }).tried, ['/a/tool', '/b/tool', '/bin/sh']);
    });
  });

  describe('for new namespaces', () => {
    /** What the kernel answers to unshare(2) of a type; calls but for these, by name. */
    const run = (types: NamespaceName[], answers: Partial<Record<NamespaceName, number>>): [string[], unknown] => {
      const { calls, ended } = runList(makeNew(types, 5, 9), ({ call, args }) => {
        if (call !== 'unshare') return 0;
        return answers[NAMESPACE_NAMES.find((type) => namespaceType(type).flag === args[0]) ?? 'net'] ?? 0;
      });
      return [calls.map(({ call }) => call).filter((call) => call !== 'same'), ended];
    };

    it('each once, in the order of the table, with what belongs to it', () => {
      assert.deepEqual(run(['mnt', 'uts'], {}), [['unshare', 'unshare', 'mount'], 'past the last']);
      assert.deepEqual(run(['net'], {}), [['unshare', 'socket', 'ioctl', 'close'], 'past the last']);
      assert.deepEqual(run(['time'], {}), [['unshare', 'openat', 'setns', 'close'], 'past the last']);
      assert.deepEqual(run([], {}), [[], 'past the last']);
    });

    it('says why not: for want of rights, of room, or of another reason', () => {
      const [EPERM, ENOSPC, ENOMEM] = [-1, -28, -12];
      for (const [errno, cause] of [
        [EPERM, 'notPermitted'],
        [ENOSPC, 'joinFailed'],
        [ENOMEM, 'joinFailed'],
      ] as const)
        for (const type of ['uts', 'net', 'pid'] as const)
          assert.equal(run(['ipc', type, 'mnt'], { [type]: errno })[1], cause);
    });
  });

  it('leaves the session keyring once, where there are any, and goes on nowhere where it cannot', () => {
    const KEYCTL_JOIN_SESSION_KEYRING = 1;
    const run = (asked: number, joined: number): [number, unknown] => {
      const isJoin = ({ args }: Step): boolean => args[0] === KEYCTL_JOIN_SESSION_KEYRING;
      const { calls, ended } = runList(leaveKeyring(), (step) => (isJoin(step) ? joined : asked));
      return [calls.filter((step) => step.call === 'keyctl' && isJoin(step)).length, ended];
    };
    const [EPERM, ENOSYS, EDQUOT] = [-1, -38, -122];
    assert.deepEqual(run(1234, 5678), [1, 'past the last']);
    for (const none of [EPERM, ENOSYS]) assert.deepEqual(run(none, 5678), [0, 'past the last']);
    assert.deepEqual(run(1234, EDQUOT), [1, 'identityFailed']);
  });

  it('writes a label as the kernel takes it (proc_pid_attr(5)), before any descriptor is closed', () => {
    const [open, write, close] = takeLabel('docker-default', 5, 9);
    assert.equal((open?.args[1] as Buffer).toString(), 'self/attr/exec\0');
    assert.deepEqual([open?.args[0], write?.args[0], close?.args[0]], [5, 9, 9]);
    assert.equal((write?.args[1] as Buffer).toString(), 'docker-default');
    for (const step of [open, write]) assert.equal(step?.failure?.cause, 'identityFailed');
  });
});
