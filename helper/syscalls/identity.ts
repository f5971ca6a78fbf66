// Who this process is: user, groups, capabilities, and what may be done to it.
import { readFileSync } from 'node:fs';
import { errorCode, SyscallError } from '../errors';
import { statusNumbers } from '../procStat';
import { check, declare, koffi, numbers, syscall } from './libc';

const c = {
  prctl: declare('int prctl(int op, ...)'),
  setfsgid: declare('int setfsgid(unsigned int gid)'),
  setfsuid: declare('int setfsuid(unsigned int uid)'),
  setgroups: declare('int setgroups(size_t size, void *list)'),
  setresgid: declare('int setresgid(unsigned int r, unsigned int e, unsigned int s)'),
  setresuid: declare('int setresuid(unsigned int r, unsigned int e, unsigned int s)'),
  capget: declare('int capget(void *header, void *data)'),
  capset: declare('int capset(void *header, void *data)'),
};

/** setgroups(2), of all threads (nptl(7)). EPERM without CAP_SETGID. */
export function setgroups(groups: readonly number[]): void {
  check('setgroups', c.setgroups(groups.length, Buffer.from(new Uint32Array(groups).buffer)));
}

/** setresgid(2), all three, of all threads. EPERM where it is a new one, without CAP_SETGID. */
export function setresgid(gid: number): void {
  check('setresgid', c.setresgid(gid, gid, gid));
}

/** setresuid(2), all three, of all threads. EPERM where it is a new one, without CAP_SETUID. */
export function setresuid(uid: number): void {
  check('setresuid', c.setresuid(uid, uid, uid));
}

/** getgroups(2), by proc_pid_status(5): Node's own adds the group id, whether it is among them or not. */
export const ownGroups = (): number[] => statusNumbers(readFileSync('/proc/thread-self/status', 'utf8'), 'Groups');

/**
 * Runs `action` with file access judged as someone else (setfsuid(2)), and takes it back. Without their groups, what is
 * open to root's group would still be open; with root's capabilities, what only those open: the kernel's symbols, say, or
 * another process's memory map. All this is of the calling thread alone, which is the one that node:fs's sync functions run on.
 */
export function withFileAccessOf<T>(
  who: { uid: number; gid: number; groups: readonly number[] | null },
  action: () => T,
): T {
  const INVALID = 0xffffffff; // asks for the present id without changing it; setfsuid has no error return
  const [oldUid, oldGid] = [c.setfsuid(INVALID), c.setfsgid(INVALID)];
  // A process that is not root acts only for its own user, and may not set groups.
  const oldGroups = process.geteuid?.() === 0 && who.groups ? ownGroups() : null;
  const capabilities = ownCapabilities();
  try {
    if (oldGroups && who.groups) setgroups(who.groups);
    c.setfsgid(who.gid);
    c.setfsuid(who.uid);
    if (c.setfsuid(INVALID) !== who.uid || c.setfsgid(INVALID) !== who.gid) throw new SyscallError('setfsuid', 1);
    if (who.uid !== 0) capset({ ...capabilities, effective: 0n });
    return action();
  } finally {
    capset(capabilities);
    c.setfsuid(oldUid);
    c.setfsgid(oldGid);
    if (oldGroups) setgroups(oldGroups);
  }
}

const PR_CAPBSET_DROP = 24;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_SET_DUMPABLE = 4;
const PR_SET_KEEPCAPS = 8;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

const prctl = (op: number, a: number, b = 0): number =>
  c.prctl(op, 'unsigned long', a, 'unsigned long', b, 'unsigned long', 0, 'unsigned long', 0);

/** prctl(2), PR_SET_DUMPABLE 0: no process without CAP_SYS_PTRACE over us may trace us or read our /proc entries. */
export function setNotDumpable(): void {
  check('prctl(PR_SET_DUMPABLE)', prctl(PR_SET_DUMPABLE, 0));
}

/** Capabilities survive the next setresuid(2) of this thread. */
export function keepCapabilities(): void {
  check('prctl(PR_SET_KEEPCAPS)', prctl(PR_SET_KEEPCAPS, 1));
}

/** No program executed from now on gains rights, by set-user-ID or file capabilities (prctl(2)). */
export function setNoNewPrivileges(): void {
  check('prctl(PR_SET_NO_NEW_PRIVS)', prctl(PR_SET_NO_NEW_PRIVS, 1));
}

/** Drops from the bounding set (capabilities(7)) every capability that is not in `mask`. */
export function limitBoundingSet(mask: bigint): void {
  const LAST = 63;
  for (let capability = 0; capability <= LAST; capability++) {
    if ((mask >> BigInt(capability)) & 1n) continue;
    if (prctl(PR_CAPBSET_DROP, capability) >= 0) continue;
    // EINVAL: beyond the last one that this kernel knows.
    if (koffi().errno() === koffi().os.errno['EINVAL']) return;
    throw new SyscallError('prctl(PR_CAPBSET_DROP)', koffi().errno());
  }
}

export const CAP_SETUID = 7;
export const CAP_SYS_CHROOT = 18;
export const CAP_SYS_ADMIN = 21;

/** The three sets of capget(2), a bit for each capability. */
interface CapabilitySets {
  effective: bigint;
  permitted: bigint;
  inheritable: bigint;
}

/** In the order of struct __user_cap_data_struct, of which version 3 has two: for the lower and the upper 32 bits. */
const SETS = ['effective', 'permitted', 'inheritable'] as const;

function capabilityHeader(): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x20080522, 0); // _LINUX_CAPABILITY_VERSION_3
  return header;
}

function ownCapabilities(): CapabilitySets {
  const data = Buffer.alloc(24);
  check('capget', c.capget(capabilityHeader(), data));
  const read = (at: number): bigint =>
    BigInt(data.readUInt32LE(at * 4)) | (BigInt(data.readUInt32LE(12 + at * 4)) << 32n);
  return { effective: read(0), permitted: read(1), inheritable: read(2) };
}

/** Whether a capability is in force for this thread, in its own user namespace. */
export const hasCapability = (capability: number): boolean =>
  ((ownCapabilities().effective >> BigInt(capability)) & 1n) === 1n;

function capset(sets: CapabilitySets): void {
  const data = Buffer.alloc(24);
  for (const half of [0, 1])
    for (const [at, name] of SETS.entries())
      data.writeUInt32LE(Number((sets[name] >> BigInt(32 * half)) & 0xffffffffn), half * 12 + at * 4);
  check('capset', c.capset(capabilityHeader(), data));
}

/** Whatever else than being root hands on capabilities to the next program is gone (capabilities(7)). */
export function clearInheritable(): void {
  const { effective, permitted } = ownCapabilities();
  check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL));
  capset({ effective, permitted, inheritable: 0n });
}

/** Gives up every capability that is not in `mask`, and hands none on but by being root. */
export function limitCapabilities(mask: bigint): void {
  const { permitted } = ownCapabilities();
  check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL));
  capset({ effective: permitted & mask, permitted: permitted & mask, inheritable: 0n });
}

/** capset(2): permitted, effective and inheritable become exactly `capabilities`; so does the ambient set. */
export function setCapabilities(capabilities: readonly number[]): void {
  const mask = capabilities.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n);
  check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL));
  capset({ effective: mask, permitted: mask, inheritable: mask });
  for (const capability of capabilities) {
    check('prctl(PR_CAP_AMBIENT)', prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability));
  }
}

/**
 * For root: takes all capabilities from the other threads of this process, which capset(2) does not reach. A thread loses them
 * together with uid 0 (capabilities(7)). setresuid(3) of the C library changes all threads; the bare system call then gives uid 0 back
 * to this thread alone. No id may be changed afterwards, because the other threads no longer can.
 */
export function takeRightsFromOtherThreads(): void {
  const NOBODY = 65534;
  keepCapabilities();
  try {
    setresuid(NOBODY);
  } catch (error) {
    // There is no such id in this user namespace; outside of it the threads have no rights anyway.
    if (errorCode(error) === 'EINVAL') return;
    throw error;
  }
  const { permitted } = ownCapabilities();
  capset({ effective: permitted, permitted, inheritable: 0n });
  const zero = ['unsigned int', 0];
  check('setresuid', syscall(numbers.setresuid, ...zero, ...zero, ...zero));
}

/** The user id of the session keyring's owner (session-keyring(7)); null where there are no keyrings. */
export function sessionKeyringOwner(): number | null {
  const KEYCTL_DESCRIBE = 6;
  const KEY_SPEC_SESSION_KEYRING = -3;
  const text = Buffer.alloc(256);
  const length = syscall(
    numbers.keyctl,
    'int',
    KEYCTL_DESCRIBE,
    'int',
    KEY_SPEC_SESSION_KEYRING,
    'void *',
    text,
    'size_t',
    256,
  );
  const owner = /^keyring;(\d+);/.exec(text.toString('latin1', 0, Math.max(0, Math.min(length, 256))))?.[1];
  return owner === undefined ? null : Number(owner);
}

/** keyctl(2): joins a new, empty session keyring. A process that may not use keyrings, as in some containers, has none to leave. */
export function leaveSessionKeyring(): void {
  const KEYCTL_JOIN_SESSION_KEYRING = 1;
  if (syscall(numbers.keyctl, 'int', KEYCTL_JOIN_SESSION_KEYRING, 'void *', null) >= 0) return;
  const errno = koffi().errno();
  const { ENOSYS, EPERM } = koffi().os.errno;
  if (errno !== ENOSYS && errno !== EPERM) throw new SyscallError('keyctl', errno);
}
