// Resource limits of a target that `--as target` takes on, also those by which the kernel would end the helper or refuse to start
// anything, as long as it is the helper that they hold for, or a joiner that it has to make (helper/joiner).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { enter, enterCat, statusOf } from './support';

/** Nobody else's: the kernel counts the processes of a user id. */
const UID = 3_141_592;

/** Soft and hard limit. */
function limitOf(pid: number, name: string): string {
  const line = new RegExp(`^Max ${name} +(\\w+) +(\\w+)`, 'm').exec(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  return `${line?.[1]}:${line?.[2]}`;
}

describe('enter --as target: its resource limits', () => {
  let box: Sandbox;
  const become = ['--reuid', `${UID}`, '--regid', `${UID}`, '--clear-groups', '--pdeathsig', 'KILL', '--'];
  // One for each test: a hard limit that was lowered is raised by CAP_SYS_RESOURCE alone.
  beforeEach(async () => {
    // It is found by its name, which each program on the way there has a chance to be seen without.
    const sleep = ['bash', '-c', 'exec -a sandbox sleep 1000'];
    box = await startSandbox({
      types: ['ipc', 'mnt', 'net', 'pid', 'time', 'uts'],
      command: ['setpriv', ...become, ...sleep],
    });
    // Not before it sleeps: with some of these limits the kernel ends a process that is still starting.
    await waitFor('another user, asleep', () => {
      const status = statusOf(box.pid);
      return (
        status.get('Uid')?.startsWith(String(UID)) &&
        status.get('Name') === 'sleep' &&
        status.get('State')?.startsWith('S')
      );
    });
  });
  afterEach(() => box.stop());

  const limitTo = (...limits: string[]): Promise<string> =>
    run('setpriv', [...become, 'prlimit', `--pid=${box.pid}`, ...limits]);
  const as = (types: string): string[] => ['--target', String(box.pid), '--join', types, '--as', 'target'];

  for (const types of ['net', 'mnt', 'pid,mnt', 'time,net']) {
    it(`in ${types}: fewer processes than a helper has threads, little time and stack`, async () => {
      await limitTo('--nproc=1:2', '--cpu=1:2', '--stack=262144:262144');
      // A helper that waits for the command gives it these as soon as it has started.
      await enterCat(as(types), (cat) =>
        waitFor('its limits', () => {
          const limits = ['processes', 'cpu time', 'stack size'].map((name) => limitOf(cat, name));
          return limits.join() === '1:2,1:2,262144:262144';
        }),
      );
    });

    it(`in ${types}: limits with which nothing can be started are left out, and told`, async () => {
      await limitTo('--cpu=0:0', '--stack=0:0', '--nproc=0:0');
      const { code, stdout, stderr } = await enter([...as(types), '--verbose', '--', 'echo', 'done']);
      assert.deepEqual([code, stdout], [0, 'done\n'], stderr);
      const notes = stderr.split('\n').filter((line) => line.includes('limit of'));
      assert.deepEqual(
        notes.map((note) => note.replace(/.*limit of /, '')),
        ['cpu time, 0: no program can be started with it', 'stack size, 0: no program can be started with it'],
      );
    });
  }

  // By a joiner that fits the host's files, by one among the sandbox's, and by one whose child is waited for.
  for (const [own, types] of [
    [['pid'], 'user,net'],
    [['pid'], 'user,mnt,net'],
    [['pid'], 'user,mnt,net,pid'],
    [[], 'user,net'],
  ] as const) {
    it(`in ${types} of a sandbox ${own.length > 0 ? 'with' : 'without'} pid: few open files, and none that is written to`, async () => {
      const sandbox = await startSandbox({ types: ['ipc', 'mnt', 'net', 'user', 'uts', ...own] });
      try {
        await run('prlimit', [`--pid=${sandbox.pid}`, '--nofile=10:12', '--fsize=0:0']);
        await enterCat(['--target', String(sandbox.pid), '--join', types, '--as', 'target'], (cat) =>
          waitFor('its limits', () => {
            const limits = ['open files', 'file size'].map((name) => limitOf(cat, name));
            return limits.join() === '10:12,0:0';
          }),
        );
      } finally {
        await sandbox.stop();
      }
    });
  }
});
