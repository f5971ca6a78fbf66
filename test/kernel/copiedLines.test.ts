// "Copy as Command": both lines, run by a shell, lead the same user with the same groups into the same namespaces.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { copiedLines } from '../../extension/commands/copiedLines';
import type { Ids } from '../../extension/inspect/processIds';
import type { Runtime } from '../../extension/shared/helperCommand';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import type { Container } from '../../extension/model/container';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { run, signal, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { makeContainer } from '../unit/containerFixture';
import { HELPER, inodesOf, NODE, startTimeOf, statusOf, watchCat, type Inodes } from './support';
import { asUser, PublicCopy } from './supportUsers';

/** Ids that nobody has here, as the process of a container may have them. */
const SERVICE = { uid: 4242, gid: 4343, groups: [4343, 4444] };
/** The first id of this machine that a user namespace counts as its 1. */
const SUB_IDS = 500_000;

interface Seen {
  uids: string | undefined;
  gids: string | undefined;
  groups: number[];
  inodes: Inodes;
}

const numbersOf = (text = ''): number[] => text.split(/\s+/).filter(Boolean).map(Number);

function look(pid: number): Seen {
  const status = statusOf(pid);
  const groups = numbersOf(status.get('Groups')).sort((a, b) => a - b);
  return { uids: status.get('Uid'), gids: status.get('Gid'), groups, inodes: inodesOf(pid) };
}

function idsOf(pid: number): Ids {
  const status = statusOf(pid);
  const [uid = NaN, gid = NaN] = ['Uid', 'Gid'].map((key) => numbersOf(status.get(key))[1]);
  return { uid, gid, groups: numbersOf(status.get('Groups')) };
}

/** As discovery would give it. */
function containerOf({ pid }: Sandbox): Container {
  const [own, host] = [inodesOf(pid), inodesOf('self')];
  const types = NAMESPACE_NAMES.filter((type) => own[type] !== host[type]).map((type) => [type, own[type]]);
  return makeContainer(`box-${pid}`, Object.fromEntries(types) as Partial<Inodes>, {
    pid,
    startTime: startTimeOf(pid),
  });
}

/** What a sandbox runs after `first` has changed something: it goes by the same name before and after. */
const sleepAfter = (first: readonly string[], name: string): string[] => [
  ...first,
  ...['bash', '-c', 'exec -a "$0" sleep 1000000', name],
];

const BECOME_SERVICE = [
  ...['setpriv', `--reuid=${SERVICE.uid}`, `--regid=${SERVICE.gid}`, `--groups=${SERVICE.groups.join(',')}`],
  ...['--inh-caps=-all', '--'],
];

/** With another identity its process does not die with its parent any more (prctl(2), PR_SET_PDEATHSIG). */
async function stopped(sandbox: Sandbox): Promise<void> {
  signal(sandbox.pid, 'SIGKILL');
  await sandbox.stop();
}

describe('the command lines of "Copy as Command"', () => {
  const ROOT: Ids = idsOf(process.pid);
  let user: TestUser;
  let copy: PublicCopy;
  const running: Sandbox[] = [];

  before(async () => {
    user = await makeUser('nopasswd');
    copy = new PublicCopy();
  });
  after(async () => {
    for (const each of running.reverse()) await stopped(each);
    copy.remove();
    await user.remove();
  });

  const someName = (): string => `box-${randomBytes(3).toString('hex')}`;
  const started = async (options: Parameters<typeof startSandbox>[0]): Promise<Sandbox> => {
    const sandbox = await startSandbox(options);
    running.push(sandbox);
    return sandbox;
  };
  /** One whose process is SERVICE. */
  const serviceBox = async (types: readonly NamespaceName[], shares?: Sandbox): Promise<Sandbox> => {
    const name = someName();
    const sandbox = await started({
      name,
      types,
      command: sleepAfter(BECOME_SERVICE, name),
      ...(shares && { shares: { pid: shares.pid, types: ['user'] as const } }),
    });
    await waitFor('the service', () => statusOf(sandbox.pid).get('Name') === 'sleep');
    return sandbox;
  };
  /** A user namespace of this user's, who is root in it, with many ids: as a rootless engine makes it. */
  const rootlessUserNamespace = async (): Promise<Sandbox> => {
    const name = someName();
    const sandbox = await started({ name, types: [], user, command: sleepAfter(['unshare', '--user'], name) });
    await waitFor('a user namespace', () => inodesOf(sandbox.pid).user !== inodesOf('self').user);
    writeFileSync(`/proc/${sandbox.pid}/uid_map`, `0 ${user.uid} 1\n1 ${SUB_IDS} 65535\n`);
    writeFileSync(`/proc/${sandbox.pid}/gid_map`, `0 ${user.gid} 1\n1 ${SUB_IDS} 65535\n`);
    return sandbox;
  };
  const loginIds = async (): Promise<Ids> => ({
    ...user,
    groups: numbersOf(await run('id', ['--groups', user.name])),
  });

  /** Runs both lines as `me` and says what came of them, where that is the same. */
  async function both(chosen: readonly Chosen[], me: Ids): Promise<Seen> {
    const own =
      me.uid === 0 ? { execPath: NODE, helperPath: HELPER } : { execPath: copy.node, helperPath: copy.helper };
    const runtime: Runtime = { ...own, electron: false, nodeOptions: [], uid: me.uid, sudo: 'sudo', unshare: true };
    const { helper, nsenter } = await copiedLines(chosen, runtime, { ...me, shell: '/bin/sh' }, ['cat']);
    const results = [];
    for (const line of [helper, nsenter]) {
      // A shell that waits is the process of the user's above sudo.
      const shell = ['sh', '-c', `${line}; exit $?`];
      const argv = me.uid === 0 ? shell : asUser(user, shell);
      results.push(await watchCat(argv, look, { env: user.env, cwd: '/' }));
    }
    const [byHelper, byNsenter] = results;
    assert.ok(byHelper);
    // What the helper fits to a network is in a mount namespace of the command's own.
    const fits = !chosen.some(({ namespace }) => namespace.type === 'mnt');
    const found = fits ? { ...byHelper, inodes: { ...byHelper.inodes, mnt: inodesOf('self').mnt } } : byHelper;
    assert.deepEqual(byNsenter, found, nsenter);
    return found;
  }

  function assertEntered(found: Seen, from: Partial<Record<NamespaceName, Sandbox>>): void {
    const expected = NAMESPACE_NAMES.map((type) => [type, inodesOf(from[type]?.pid ?? 'self')[type]]);
    assert.deepEqual(found.inodes, Object.fromEntries(expected));
  }
  const assertIs = (found: Seen, ids: Ids): void => {
    assert.deepEqual(
      [found.uids, found.gids, found.groups],
      [Array(4).fill(ids.uid).join('\t'), Array(4).fill(ids.gid).join('\t'), [...ids.groups].sort((a, b) => a - b)],
    );
  };

  for (const [who, me] of [
    ['root', () => Promise.resolve(ROOT)],
    ['a user with sudo', loginIds],
  ] as const) {
    it(`of ${who}: network and hostname, as oneself`, async () => {
      const box = await started({ types: ['net', 'uts', 'ipc'] });
      const found = await both(only(containerOf(box), ['net', 'uts']), await me());
      assertEntered(found, { net: box, uts: box });
      assertIs(found, await me());
    });

    it(`of ${who}: all of a sandbox, as its process`, async () => {
      const box = await serviceBox(['net', 'uts', 'ipc', 'mnt', 'pid', 'cgroup']);
      const found = await both(allOf(containerOf(box)), await me());
      assertEntered(found, { net: box, uts: box, ipc: box, mnt: box, pid: box, cgroup: box });
      assertIs(found, SERVICE);
    });

    it(`of ${who}: the network of one and the files of another, as the process of that one`, async () => {
      const [one, other] = [await started({ types: ['net'] }), await serviceBox(['mnt'])];
      const chosen = [...only(containerOf(one), ['net']), ...only(containerOf(other), ['mnt'])];
      const found = await both(chosen, await me());
      assertEntered(found, { net: one, mnt: other });
      assertIs(found, SERVICE);
    });

    it(`of ${who}: all of a sandbox with a user namespace, as its process, which is not root in there`, async () => {
      const outer = await rootlessUserNamespace();
      const box = await serviceBox(['net', 'uts', 'ipc', 'mnt', 'pid'], outer);
      const found = await both(allOf(containerOf(box)), await me());
      assertEntered(found, { user: outer, net: box, uts: box, ipc: box, mnt: box, pid: box });
      const outside = (id: number): number => SUB_IDS - 1 + id;
      assertIs(found, {
        uid: outside(SERVICE.uid),
        gid: outside(SERVICE.gid),
        groups: SERVICE.groups.map(outside),
      });
    });
  }

  it('of a user: all of a sandbox of their own, in which nobody may take on groups', async () => {
    const box = await started({ types: ['user', 'net', 'mnt', 'pid'], user });
    const me = await loginIds();
    const found = await both(allOf(containerOf(box)), me);
    assertEntered(found, { user: box, net: box, mnt: box, pid: box });
    assertIs(found, { ...me, ...idsOf(box.pid), groups: me.groups });
  });

  it('are refused where who the process is cannot be seen, naming its container', async () => {
    const box = await serviceBox(['mnt']);
    const container = containerOf(box);
    await stopped(box);
    await assert.rejects(
      both(allOf(container), ROOT),
      new RegExp(`^UserError: the user of ${container.name}'s own process`),
    );
  });
});
