// What runs beside a container's command, and could be executed or reached by it, is a program that nobody can write to: Node
// as the helper that waits and for `power`, and the joiner where that becomes the command.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { capture, isRunning, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { commOf, descendantsOf, enterCat, HELPER, NODE, statusOf, watchCat } from './support';
import { asUser, PublicCopy } from './supportUsers';

/** What keeps root from writing to the program of a process, once nobody runs it any more. */
function keptFromWriting(pid: number): string {
  try {
    accessSync(`/proc/${pid}/exe`, constants.W_OK);
    return 'nothing';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? '';
  }
}

/** Looks without a pause at what a helper starts, and opens the joiner's program. Null where it has not been seen. */
function openJoiner(helper: number): number | null {
  while (isRunning(helper)) {
    try {
      const joiner = descendantsOf(helper).find((pid) => commOf(pid) === 'ns-helper');
      if (joiner !== undefined) return openSync(`/proc/${joiner}/exe`, constants.O_RDONLY);
    } catch {
      // One of them has just ended.
    }
  }
  return null;
}

const parentOf = (pid: number): number => Number(statusOf(pid).get('PPid'));

describe('enter: programs that cannot be written to', () => {
  it('the helper that waits for a command among a container’s files', async () => {
    const box = await startSandbox({ types: ['mnt', 'pid'] });
    try {
      await enterCat(['--target', String(box.pid), '--join', 'mnt,pid'], (cat) => {
        assert.equal(keptFromWriting(parentOf(cat)), 'EROFS');
      });
    } finally {
      await box.stop();
    }
  });

  describe('where a joiner becomes the command', () => {
    let box: Sandbox;
    let args: string[];
    // Not root of that user namespace, so that no helper runs in there.
    const env = { ...process.env, SUDO_UID: '1234', SUDO_GID: '1234' };
    before(async () => {
      const types: NamespaceName[] = ['user', 'mnt', 'pid'];
      box = await startSandbox({ types });
      args = ['--target', String(box.pid), '--join', types.join()];
    });
    after(() => box.stop());

    it('the helper that waits', () =>
      enterCat(
        args,
        (cat) => {
          assert.equal(keptFromWriting(parentOf(cat)), 'EROFS');
        },
        { env },
      ));

    it('the joiner: also once it is gone', async () => {
      // For a few milliseconds: whether it is seen in time is not for us to say.
      const program = await waitFor('the joiner to be seen', async () => {
        const child = spawn(NODE, ['--', HELPER, 'enter', ...args, '--', 'true'], { env, stdio: 'ignore' });
        const ended = once(child, 'exit');
        const opened = openJoiner(child.pid ?? 0);
        await ended;
        return opened;
      });
      const again = openSync(`/proc/self/fd/${program}`, constants.O_RDWR);
      assert.throws(() => writeSync(again, 'x'), { code: 'EPERM' });
      assert.throws(
        () => {
          ftruncateSync(again, 0);
        },
        { code: 'EPERM' },
      );
      for (const fd of [program, again]) closeSync(fd);
    });
  });

  it('a user’s own Node: in the user’s own container nobody sees it', async () => {
    const types: NamespaceName[] = ['user', 'mnt', 'pid'];
    const user = await makeUser('none');
    const copy = new PublicCopy();
    chownSync(copy.node, user.uid, user.gid);
    const box = await startSandbox({ types, user });
    try {
      const enter = [copy.node, '--', copy.helper, 'enter', '--target', String(box.pid), '--join', types.join()];
      const look = (cat: number): void => {
        // It is in no other pid namespace than ours.
        assert.match(statusOf(parentOf(cat)).get('NSpid') ?? '', /^\d+$/);
      };
      await watchCat(asUser(user, [...enter, '--', 'cat']), look, { env: user.env, cwd: '/' });
    } finally {
      await box.stop();
      copy.remove();
      await user.remove();
    }
  });
});

describe('right before something of the helper’s is in a container’s pid namespace', () => {
  const PRELOAD = join(process.cwd(), 'test/support/stopBefore.cjs');
  /** Of the helper that has started itself anew from a read-only mount; step 0 names all of them. */
  const argv = (args: readonly string[], step: number): string[] => [
    ...[`--require=${PRELOAD}`, `--conditions=stop:restarted:${step}`, '--', HELPER],
    ...args,
  ];

  /** Lets the helper act on one sandbox, to count its calls, and looks at it before the first one of that name on another. */
  async function stopBefore(
    call: string,
    argsFor: (box: Sandbox) => string[],
    look: (helper: number, box: Sandbox) => void,
  ): Promise<void> {
    const [counted, stopped] = [await confined(), await confined()];
    try {
      const { stderr } = await capture(NODE, argv(argsFor(counted), 0));
      const step = Number(new RegExp(`^step (\\d+): ${call}\\(`, 'm').exec(stderr)?.[1]);
      assert.ok(step > 0, stderr);
      const child = spawn(NODE, argv(argsFor(stopped), step), { stdio: 'ignore' });
      const ended = once(child, 'exit');
      const pid = child.pid ?? 0;
      try {
        await waitFor('the helper to stop', () => {
          assert.equal(child.exitCode, null, 'it ended');
          return statusOf(pid).get('State')?.startsWith('T');
        });
        look(pid, stopped);
      } finally {
        signal(pid, 'SIGKILL');
        await ended;
      }
    } finally {
      await counted.stop();
      await stopped.stop();
    }
  }

  /** Root with few of its rights, as in a container. */
  const confined = (): Promise<Sandbox> => {
    const powers = ['setpriv', '--bounding-set=-all,+chown,+net_raw', '--inh-caps=-all', '--'];
    const command = [...powers, 'bash', '-c', 'exec -a sandbox sleep 1000000'];
    return startSandbox({ types: ['mnt', 'pid'], command });
  };

  it('power: its program cannot be written to', () =>
    stopBefore(
      'clone',
      (box) => ['power', 'halt', '--target', String(box.pid)],
      (helper) => {
        assert.equal(keptFromWriting(helper), 'EROFS');
      },
    ));

  it('enter: it has no more capabilities than the container', () =>
    stopBefore(
      'posix_spawn',
      (box) => ['enter', '--target', String(box.pid), '--join', 'mnt,pid', '--as', 'target', '--', 'true'],
      (helper, box) => {
        const bounding = statusOf(box.pid).get('CapBnd');
        assert.notEqual(bounding, statusOf(process.pid).get('CapBnd'));
        for (const set of ['CapPrm', 'CapEff', 'CapBnd']) assert.equal(statusOf(helper).get(set), bounding, set);
      },
    ));
});
