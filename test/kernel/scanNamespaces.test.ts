// The scan's namespaces against lsns(8) and `ip netns list`, at one moment: in a pid namespace of the test's own, where
// nothing comes and goes meanwhile.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedNamespace } from '../../helper/protocol';
import { end, run, waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { skip } from '../support/skip';
import { descriptorsOf, HELPER, helper, inodesOf, NODE } from './support';

const TAG = `lns-${randomBytes(3).toString('hex')}`;
const scan = async (variables: NodeJS.ProcessEnv = {}): Promise<ScanDocument> => {
  const { stdout } = await helper(['scan', '--json'], { env: { ...process.env, ...variables } });
  return JSON.parse(stdout) as ScanDocument;
};
const find = ({ namespaces }: ScanDocument, type: string, inode: number | undefined): ScannedNamespace | undefined =>
  namespaces.find((namespace) => namespace.type === type && namespace.inode === inode);

/** Opens a socket in the network that it was started in, and leaves that for its parent's; the rest is by what it ends as. */
const SOCKET = `
  set -e
  ip link set lo up
  exec 9<>/dev/udp/127.0.0.1/9
  readlink /proc/self/ns/net
  exec nsenter --net=/proc/$PPID/ns/net "$@" sleep 1000000`;

/** Nobody's. */
const UID = 7003;

interface SocketHolder {
  readonly pid: number;
  /** Of the network that only the socket keeps. */
  readonly inode: number;
}

/** Gives `use` a process that ends as `as` says, such as `setpriv --reuid=…`, with a socket as its descriptor 9. */
async function withSocket(
  context: Mocha.Context,
  use: (holder: SocketHolder) => Promise<void>,
  as: readonly string[] = [],
): Promise<void> {
  if (/[:,]net_(cls|prio)[:,]/.test(readFileSync('/proc/self/cgroup', 'utf8'))) {
    skip(context, 'with net_cls or net_prio of cgroup v1 in use, sockets are not asked');
  }
  const argv = ['--net', '--', 'bash', '-c', SOCKET, 'bash', ...as];
  const holder = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  holder.stdout.on('data', (data: Buffer) => (said += data.toString()));
  const pid = holder.pid ?? 0;
  try {
    await waitFor('the socket to be alone', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
    const inode = Number(await waitFor('the inode', () => /net:\[(\d+)\]/.exec(said)?.[1]));
    assert.notEqual(inode, inodesOf(pid).net);
    await use({ pid, inode });
  } finally {
    await end([pid]);
  }
}

describe('scan: namespaces', () => {
  it('are those of lsns, with as many processes, whose first, parent and owner are the same', async () => {
    const folder = mkdtempSync('/tmp/lns-ns-');
    try {
      const script = `
        set -e
        start() { unshare "$@" sleep 1000000 & }
        start --net --uts
        start --net --mount --pid --fork --ipc --cgroup
        start --user --map-root-user --net --pid --fork
        start --time --fork
        # In a network and uts of a user namespace that nobody is in any more.
        unshare --user --map-root-user --net --uts sleep 1000000 & first=$!
        until [ "$(cat "/proc/$first/comm")" = sleep ]; do sleep 0.05; done
        nsenter --net="/proc/$first/ns/net" --uts="/proc/$first/ns/uts" -- unshare --ipc sleep 1000000 &
        until [ "$(pgrep -c -x sleep)" = 6 ]; do sleep 0.05; done
        kill -KILL "$first"
        wait "$first" || true
        lsns --json --output NS,TYPE,NPROCS,PID,PNS,ONS >"$1/lsns"
        "$2" -- "$3" scan --json >"$1/scan"`;
      const options = ['--pid', '--fork', '--kill-child', '--mount-proc'];
      await run('unshare', [...options, 'bash', '-c', script, 'bash', folder, NODE, HELPER]);
      const lsns = JSON.parse(readFileSync(join(folder, 'lsns'), 'utf8')) as {
        namespaces: {
          ns: number;
          type: string;
          nprocs: number;
          pid: number | null;
          pns: number | null;
          ons: number | null;
        }[];
      };
      const document = JSON.parse(readFileSync(join(folder, 'scan'), 'utf8')) as ScanDocument;
      // Each sees itself, once, in the namespaces that all of this began in. lsns knows none without a process.
      const seen = document.namespaces.filter(({ pids }) => pids.length > 0);
      assert.deepEqual(
        seen
          .map(({ inode, type, pids, parent, owner }) =>
            [inode, type, pids.length, pids[0] ?? 0, parent ?? 0, owner ?? 0].join(' '),
          )
          .sort(),
        lsns.namespaces
          .filter(({ nprocs }) => nprocs > 0)
          .map(({ ns, type, nprocs, pid, pns, ons }) => [ns, type, nprocs, pid ?? 0, pns ?? 0, ons ?? 0].join(' '))
          .sort(),
      );
      assert.ok(seen.length >= 8 + 14, `${seen.length} namespaces`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('those without a process are found by what holds them: names of ip netns, and descriptors', async () => {
    await run('ip', ['netns', 'add', TAG]);
    try {
      const document = await scan();
      const named = document.namespaces.flatMap(({ heldBy }) =>
        heldBy.flatMap((path) => (path.startsWith('/run/netns/') ? [path.slice('/run/netns/'.length)] : [])),
      );
      const listed = (await run('ip', ['netns', 'list'])).split('\n').flatMap((line) => line.split(' ')[0] || []);
      // Other programs may make or remove some meanwhile.
      assert.ok(named.includes(TAG) && listed.includes(TAG));
      const namespace = document.namespaces.find(({ heldBy }) => heldBy.includes(`/run/netns/${TAG}`));
      assert.equal(namespace?.type, 'net');
      assert.deepEqual(namespace.pids, []);
      assert.equal(namespace.owner, document.host.user);
    } finally {
      await run('ip', ['netns', 'delete', TAG]);
    }
  });

  it('with names are just those of ip netns list, in a folder that nobody else writes into', async () => {
    const folder = mkdtempSync('/tmp/lns-ns-');
    try {
      const script = `
        set -e
        mount -t tmpfs tmpfs /run/netns
        # The last one is called as CNI calls those of Podman's containers and of pods.
        for name in blue red green cni-0b5c4b0e-7d3c-4d0e-8f2a-1c2d3e4f5a6b; do ip netns add "$name"; done
        ip netns delete red
        ip netns exec blue sleep 1000000 &
        until [ "$(pgrep -c -x sleep)" = 1 ]; do sleep 0.05; done
        ip -json netns list >"$1/ip"
        stat --format '%n %i' /run/netns/* >"$1/stat"
        "$2" -- "$3" scan --json >"$1/scan"`;
      const options = ['--pid', '--fork', '--kill-child', '--mount-proc'];
      await run('mkdir', ['-p', '/run/netns']);
      await run('unshare', [...options, 'bash', '-c', script, 'bash', folder, NODE, HELPER]);
      const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
      const { namespaces } = JSON.parse(read('scan')) as ScanDocument;
      const named = namespaces.flatMap(({ type, inode, heldBy }) =>
        heldBy.flatMap((path) => (path.startsWith('/run/netns/') ? [`${type} ${path} ${inode}`] : [])),
      );
      const listed = (JSON.parse(read('ip')) as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(listed.sort(), ['blue', 'cni-0b5c4b0e-7d3c-4d0e-8f2a-1c2d3e4f5a6b', 'green']);
      const stats = read('stat').trim().split('\n');
      assert.deepEqual(named.sort(), stats.map((line) => `net ${line}`).sort());
      assert.deepEqual(stats.map((line) => line.split(' ')[0]?.split('/').pop()).sort(), listed);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('of every type are found by a bind mount that keeps them, or by a descriptor', async () => {
    const folder = mkdtempSync('/tmp/lns-ns-');
    const sandbox = await startSandbox({ name: TAG, types: NAMESPACE_NAMES });
    const own = inodesOf(sandbox.pid);
    const fileOf = (type: NamespaceName): string => join(folder, type);
    let holder: ChildProcess | null = null;
    try {
      // Of a mount namespace one can be made only where it does not spread (mount_namespaces(7)).
      await run('mount', ['--bind', folder, folder]);
      await run('mount', ['--make-private', folder]);
      for (const type of NAMESPACE_NAMES) {
        writeFileSync(fileOf(type), '');
        await run('mount', ['--bind', `/proc/${sandbox.pid}/ns/${type}`, fileOf(type)]);
      }
      await sandbox.stop();
      // A zombie is in its user and pid namespace still.
      await waitFor('all of it to be gone', () => !existsSync(`/proc/${sandbox.pid}`), 20_000);
      const kept = ({ namespaces }: ScanDocument): object[] =>
        namespaces
          .filter(({ type, inode }) => own[type] === inode)
          .map(({ type, owner, parent, pids, heldBy }) => ({ type, owner, parent, pids, heldBy }));
      const { user, pid } = inodesOf('self');
      const expected = (heldBy: (type: NamespaceName) => string): object[] =>
        NAMESPACE_NAMES.map((type) => ({
          type,
          owner: type === 'user' ? user : own.user,
          parent: type === 'user' ? user : type === 'pid' ? pid : null,
          pids: [],
          heldBy: [heldBy(type)],
        }));
      assert.deepEqual(kept(await scan()), expected(fileOf));

      const descriptorOf = (type: NamespaceName): number => 10 + NAMESPACE_NAMES.indexOf(type);
      const open = NAMESPACE_NAMES.map((type) => `exec ${descriptorOf(type)}<${fileOf(type)}`).join('\n');
      holder = spawn('bash', ['-c', `${open}\nexec sleep 1000000`], { stdio: 'ignore' });
      const holding = holder.pid ?? 0;
      await waitFor('it to hold them', () => readFileSync(`/proc/${holding}/comm`, 'utf8') === 'sleep\n');
      await run('umount', ['--lazy', ...NAMESPACE_NAMES.map(fileOf)]);
      assert.deepEqual(
        kept(await scan()),
        expected((type) => `/proc/${holding}/fd/${descriptorOf(type)}`),
      );
    } finally {
      await end([holder?.pid ?? []].flat());
      await sandbox.stop();
      await run('umount', ['--recursive', '--lazy', folder]).catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('one whose name is no text is found by it, and told in a form that is', async () => {
    const script = `
      name=$1$(printf '\\377')
      ip netns add "$name"
      trap 'ip netns delete "$name"' EXIT
      ip netns exec "$name" "$2" -- "$3" scan --json`;
    const inside = JSON.parse(await run('bash', ['-c', script, 'bash', TAG, NODE, HELPER])) as ScanDocument;
    const held = inside.namespaces.find(({ heldBy }) => String(heldBy) === `bytes /run/netns/${TAG}\\xff`);
    assert.deepEqual([held?.type, held?.inode, held?.owner], ['net', inside.host.net, inside.host.user]);
  });

  it('a container in one is called by that form', async () => {
    const script = `
      name=$1$(printf '\\377')
      ip netns add "$name"
      ip netns exec "$name" sleep 1000000 & sleeping=$!
      trap 'kill "$sleeping"; ip netns delete "$name"' EXIT
      until [ "$(cat "/proc/$sleeping/comm")" = sleep ]; do sleep 0.05; done
      "$2" -- "$3" scan --json`;
    const { containers } = JSON.parse(await run('bash', ['-c', script, 'bash', TAG, NODE, HELPER])) as ScanDocument;
    assert.deepEqual(
      containers.filter(({ name }) => name.startsWith(TAG)).map(({ engine, name }) => [engine, name]),
      [['netns', `${TAG}\\xff`]],
    );
  });

  it('one that only a descriptor keeps is found by it', async () => {
    await run('ip', ['netns', 'add', TAG]);
    const inode = statSync(`/run/netns/${TAG}`).ino;
    const holder = spawn('bash', ['-c', `exec 9</run/netns/${TAG}; exec sleep 1000000`], { stdio: 'ignore' });
    try {
      const pid = holder.pid ?? 0;
      await waitFor('the descriptor to be open', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
      await run('ip', ['netns', 'delete', TAG]);
      assert.deepEqual(find(await scan(), 'net', inode), {
        type: 'net',
        inode,
        owner: inodesOf('self').user,
        parent: null,
        pids: [],
        heldBy: [`/proc/${pid}/fd/9`],
      });
    } finally {
      await end([holder.pid ?? 0]);
    }
  });

  it('one that only a socket holds is found by it, and the process that has the socket keeps what it had', function () {
    return withSocket(this, async ({ pid, inode }) => {
      const before = descriptorsOf(pid);
      const found = find(await scan(), 'net', inode);
      const expected = { type: 'net', inode, owner: inodesOf('self').user, parent: null, pids: [] };
      assert.deepEqual(found, { ...expected, heldBy: [`socket /proc/${pid}/fd/9`] });
      assert.deepEqual(descriptorsOf(pid), before);
    });
  });

  // Whoever it is could put a file of a FUSE server of theirs in the socket's place, which cannot be closed then.
  it('a socket of another user’s is not asked, and that of whoever called sudo is', function () {
    const as = ['setpriv', `--reuid=${UID}`, '--clear-groups', '--'];
    const look = async ({ pid, inode }: SocketHolder): Promise<void> => {
      const variables = { SUDO_UID: undefined, DOAS_USER: undefined };
      assert.equal(find(await scan(variables), 'net', inode), undefined);
      const found = find(await scan({ ...variables, SUDO_UID: String(UID), SUDO_GID: String(UID) }), 'net', inode);
      assert.deepEqual(found?.heldBy, [`socket /proc/${pid}/fd/9`]);
    };
    return withSocket(this, look, as);
  });

  it('a socket of a set-user-ID program’s is not asked where another user started that', function () {
    const as = ['setpriv', `--ruid=${UID}`, '--clear-groups', '--'];
    return withSocket(
      this,
      async ({ inode }) => {
        assert.equal(find(await scan(), 'net', inode), undefined);
      },
      as,
    );
  });

  it('know their owner, their parent and who is who inside', async () => {
    const sandbox = await startSandbox({ name: TAG, types: ['user', 'net', 'pid', 'mnt'] });
    try {
      const document = await scan();
      const { host } = document;
      const own = inodesOf(sandbox.pid);
      const relations = (['user', 'pid', 'net', 'mnt'] as const).map((type) => {
        const { owner, parent } = find(document, type, own[type]) ?? {};
        return [type, owner, parent];
      });
      assert.deepEqual(relations, [
        ['user', host.user, host.user],
        ['pid', own.user, host.pid],
        ['net', own.user, null],
        ['mnt', own.user, null],
      ]);
      const user = find(document, 'user', own.user);
      assert.deepEqual(user?.uidMap, [{ inside: 0, outside: 0, count: 1 }]);
      assert.deepEqual(user.gidMap, user.uidMap);
      assert.ok(user.pids.includes(sandbox.pid));
      const process = document.processes.find(({ pid }) => pid === sandbox.pid);
      assert.deepEqual([process?.nsPids, process?.insideUid], [[sandbox.pid, 1], 0]);
      assert.equal(process?.command, `${TAG} 1000000`);
    } finally {
      await sandbox.stop();
    }
  });

  it('that own others without a process of their own are there too', async () => {
    // The outer one has no process once unshare has become the inner one.
    const nested = spawn('unshare', ['--user', '--map-root-user', '--', 'unshare', '--user', 'sleep', '1000000'], {
      stdio: 'ignore',
    });
    try {
      const pid = nested.pid ?? 0;
      await waitFor('both to be made', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
      const document = await scan();
      const inner = find(document, 'user', inodesOf(pid).user);
      const outer = find(document, 'user', inner?.owner ?? 0);
      assert.deepEqual([outer?.pids, outer?.parent], [[], document.host.user]);
    } finally {
      await end([nested.pid ?? 0]);
    }
  });
});
