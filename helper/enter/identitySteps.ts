// How a joiner becomes who the command is to be, and is confined, in the user namespace that it has joined or made. Pure.
import type { Step } from '../joiner/image';
import { failure, nothing, say, writeOwn } from '../joiner/steps';
import { namespaceType } from '../namespaceTypes';
import type { Identity } from './identity';

/** seccomp(2) with a program of <linux/filter.h>, as in syscalls/seccomp.ts. Once a user namespace is joined, there are the rights to it. */
export function filterCalls(program: Buffer): Step {
  const [SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, INSTRUCTION] = [1, 4, 8];
  return {
    call: 'seccomp',
    args: [SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, [program.length / INSTRUCTION, program]],
    failure: failure('notPermitted', 'what runs in there could not be kept from typing into this terminal: '),
  };
}

/** Drops from the bounding set what is not in `mask`. */
export function limitBoundingSet(mask: bigint, last: number): Step[] {
  const PR_CAPBSET_DROP = 24;
  const cannot = failure('identityFailed', 'cannot be confined as the target is: ');
  const all = Array.from({ length: last + 1 }, (_, capability) => capability);
  return all
    .filter((capability) => ((mask >> BigInt(capability)) & 1n) === 0n)
    .map((capability) => ({ call: 'prctl', args: [PR_CAPBSET_DROP, capability], failure: cannot }));
}

/** In the ids of the user namespace that has been joined. */
export function become({ uid, gid, groups }: Identity): Step[] {
  const cannot = failure('identityFailed', `cannot become uid ${uid}, gid ${gid}: `);
  return [
    ...(groups === null
      ? []
      : [
          {
            call: 'setgroups' as const,
            args: [groups.length, Buffer.from(Uint32Array.from(groups).buffer)],
            failure: cannot,
          },
        ]),
    { call: 'setresgid', args: [gid, gid, gid], failure: cannot },
    { call: 'setresuid', args: [uid, uid, uid], failure: cannot },
  ];
}

/** capset(2): none but these capabilities is left, and none is handed on but by being root. */
export function limitCapabilities(mask: bigint): Step {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(0x20080522); // _LINUX_CAPABILITY_VERSION_3
  const sets = Buffer.alloc(24); // Two struct __user_cap_data_struct, for the lower and the upper 32 bits: effective, permitted, inheritable.
  for (const half of [0, 1])
    for (const set of [0, 1])
      sets.writeUInt32LE(Number((mask >> BigInt(32 * half)) & 0xffffffffn), 12 * half + 4 * set);
  const cannot = failure('identityFailed', 'capabilities cannot be given up: ');
  return { call: 'capset', args: [header, sets], failure: cannot };
}

/** As leaveSessionKeyring() of syscalls/identity.ts: where keyrings are unknown or not allowed, there is none to leave. */
export function leaveKeyring(): Step[] {
  const [KEYCTL_GET_KEYRING_ID, KEYCTL_JOIN_SESSION_KEYRING, SESSION_KEYRING] = [0, 1, -3];
  const [EPERM, ENOSYS] = [1, 38];
  const left = nothing();
  const ask: Step = { call: 'keyctl', args: [KEYCTL_GET_KEYRING_ID, SESSION_KEYRING, 0] };
  return [
    { ...ask, at: { result: -ENOSYS, step: left } },
    { ...ask, at: { result: -EPERM, step: left } },
    {
      call: 'keyctl',
      args: [KEYCTL_JOIN_SESSION_KEYRING, 0],
      failure: failure('identityFailed', 'the session keyring cannot be left: '),
    },
    left,
  ];
}

/** The kernel ends the joiner, and so the command, when its parent ends. Cleared by a change of identity (prctl(2)). */
export function dieWithParent(): Step {
  const [PR_SET_PDEATHSIG, SIGKILL] = [1, 9];
  return { call: 'prctl', args: [PR_SET_PDEATHSIG, SIGKILL], failure: failure('internal', 'prctl: ') };
}

/**
 * How soon it is killed for want of memory. To be done while the joiner's user may look into it: the file is root's otherwise. Lowering it
 * takes CAP_SYS_RESOURCE; where that is missing, it is said if `tell`.
 */
export function takeOomScore(score: number, procFd: number, free: number, tell: boolean): Step[] {
  const [open, write, close] = writeOwn('oom_score_adj', String(score), procFd, free);
  const note = `ns-helper: not as in the container: oom_score_adj ${score} could not be set\n`;
  return [open, { ...write, at: { result: String(score).length, step: close } }, ...(tell ? [say(note)] : []), close];
}

/** The LSM label that the next execve(2) takes on. */
export const takeLabel = (label: string, procFd: number, free: number): Step[] =>
  writeOwn('attr/exec', label, procFd, free, failure('identityFailed', 'cannot be confined as the target is: '));

/**
 * A new user namespace, unshare(2), in which `outside`, who makes it, is `inside` and nobody else is anybody (user_namespaces(7)). To be
 * done by a process that its user may look into: the maps are root's files otherwise.
 */
export function newUserNamespace(outside: Ids, inside: Ids, procFd: number, free: number): Step[] {
  const cannot = failure('notPermitted', 'a new user namespace cannot be created: ');
  const write = (path: string, content: string): Step[] => writeOwn(path, content, procFd, free, cannot);
  return [
    { call: 'unshare', args: [namespaceType('user').flag], failure: cannot },
    ...write('setgroups', 'deny'),
    ...write('uid_map', `${inside.uid} ${outside.uid} 1`),
    ...write('gid_map', `${inside.gid} ${outside.gid} 1`),
  ];
}

type Ids = Pick<Identity, 'uid' | 'gid'>;
