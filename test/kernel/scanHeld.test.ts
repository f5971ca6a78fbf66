// Namespaces that no process is in, and that are held inside a container which has a pid namespace of its own and no container
// inside: what is found of them, beside what is known to be there, and whether it can be entered by what is told.
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import type { ScanDocument, ScannedNamespace } from '../../helper/protocol';
import { waitFor } from '../support/run';
import { type Sandbox, startSandbox } from '../support/sandbox';
import { skip } from '../support/skip';
import { helper, inodesOf } from './support';

/** A network that only `/mnt/net` holds, below mounts that nobody outside has. */
const MAKE = `
  set -e
  mount -t tmpfs none /mnt
  touch /mnt/net
  unshare --net=/mnt/net -- true`;

/** In turn: a mount, the descriptor of a process that is not the first one in there, and a socket. */
const BY_MOUNT = `${MAKE}
  exec sleep 1000000`;
const BY_DESCRIPTOR = `${MAKE}
  (exec 9</mnt/net; umount --lazy /mnt/net; exec sleep 1000000) &
  exec sleep 1000000`;
const BY_SOCKET = `${MAKE}
  (
    nsenter --net=/mnt/net -- ip link set lo up
    exec nsenter --net=/mnt/net -- bash -c 'exec 9<>/dev/udp/127.0.0.1/9; exec nsenter --net=/proc/1/ns/net -- sleep 1000000'
  ) &
  until [ "$(cat /proc/$!/comm)" = sleep ]; do sleep 0.05; done
  stat --format=%i /mnt/net >/mnt/inode
  umount /mnt/net
  exec sleep 1000000`;

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
const childOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));

describe('scan: namespaces that are held inside a container', () => {
  let box: Sandbox;
  const start = async (script: string): Promise<void> => {
    box = await startSandbox({ types: ['net', 'mnt', 'pid', 'uts', 'ipc'], command: ['bash', '-c', script] });
    await waitFor('it to hold the network', () => commandOf(box.pid) === 'sleep');
  };
  afterEach(() => box.stop());

  /** Its first process is that of a container without any inside, in a pid namespace of its own. */
  const find = async (inode: number): Promise<ScannedNamespace | undefined> => {
    const isIt = ({ type, inode: other }: ScannedNamespace): boolean => type === 'net' && other === inode;
    const { code, stdout, stderr } = await helper(['scan', '--json']);
    assert.equal(code, 0, stderr);
    const { containers, namespaces } = JSON.parse(stdout) as ScanDocument;
    assert.equal(containers.filter(({ pid, parent }) => pid === box.pid || parent === box.pid).length, 1);
    assert.notEqual(inodesOf(box.pid).pid, inodesOf('self').pid);
    return namespaces.find(isIt);
  };
  const expected = (inode: number, by: string): ScannedNamespace => ({
    type: 'net',
    inode,
    owner: inodesOf('self').user,
    parent: null,
    pids: [],
    heldBy: [by],
  });
  const enters = async (path: string, inode: number): Promise<void> => {
    const link = ['readlink', '/proc/self/ns/net'];
    const { code, stdout, stderr } = await helper(['enter', '--file', `net=${path}`, '--as', 'root', '--', ...link]);
    assert.deepEqual([code, stdout], [0, `net:[${inode}]\n`], stderr);
  };

  it('by a bind mount alone, and are entered by it', async () => {
    await start(BY_MOUNT);
    const inode = Number(await box.run('stat', '--format=%i', '/mnt/net'));
    const path = `/proc/${box.pid}/root/mnt/net`;
    assert.deepEqual(await find(inode), expected(inode, path));
    await enters(path, inode);
  });

  it('by a descriptor alone, and are entered by it', async () => {
    await start(BY_DESCRIPTOR);
    const holder = await waitFor('the descriptor', () => childOf(box.pid) || undefined);
    await waitFor('it to be alone', () => commandOf(holder) === 'sleep');
    const path = `/proc/${holder}/fd/9`;
    const { ino: inode } = statSync(path);
    assert.deepEqual(await find(inode), expected(inode, path));
    await enters(path, inode);
  });

  it('by a socket alone', async function () {
    if (/[:,]net_(cls|prio)[:,]/.test(readFileSync('/proc/self/cgroup', 'utf8'))) {
      skip(this, 'with net_cls or net_prio of cgroup v1 in use, sockets are not asked');
    }
    await start(BY_SOCKET);
    const inode = Number(await box.run('cat', '/mnt/inode'));
    const holder = childOf(box.pid);
    assert.deepEqual(await find(inode), expected(inode, `socket /proc/${holder}/fd/9`));
  });
});
