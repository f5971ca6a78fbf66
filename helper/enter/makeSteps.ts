// How a joiner makes new namespaces, unshare(2), but for a user namespace (identitySteps.ts). Pure.
import { type Step, text } from '../joiner/image';
import { fail, failure, goTo, nothing } from '../joiner/steps';
import { NAMESPACE_NAMES, namespaceType, type NamespaceName } from '../namespaceTypes';
import { MS_PRIVATE, MS_REC, SIOCSIFFLAGS, upRequest } from '../syscalls/mounts';
import { cannotMake, noMoreOf, notPermitted } from './made';

/** `procFd` is the host's /proc, `free` the lowest descriptor that is not open. */
export const makeNew = (types: readonly NamespaceName[], procFd: number, free: number): Step[] =>
  NAMESPACE_NAMES.filter((type) => types.includes(type)).flatMap((type) => [
    ...makeOne(type),
    ...more(type, procFd, free),
  ]);

function makeOne(type: NamespaceName): Step[] {
  const step: Step = { call: 'unshare', args: [namespaceType(type).flag] };
  const [lacksRights, isFull, made] = [
    fail('notPermitted', notPermitted(type)),
    fail('joinFailed', noMoreOf(type)),
    nothing(),
  ];
  const [EPERM, ENOSPC] = [1, 28];
  return [
    { ...step, at: { result: 0, step: made } },
    // The kernel is asked for its reason again.
    { ...step, at: { result: -EPERM, step: lacksRights } },
    { ...step, at: { result: -ENOSPC, step: isFull } },
    { ...step, failure: failure('joinFailed', cannotMake(type)) },
    goTo(made),
    lacksRights,
    isFull,
    made,
  ];
}

/** What comes with some types. */
function more(type: NamespaceName, procFd: number, free: number): Step[] {
  const cannot = failure('joinFailed', cannotMake(type));
  const close: Step = { call: 'close', args: [free] };
  switch (type) {
    case 'net': {
      // Its loopback up, without which nothing local works in it.
      const [AF_INET, SOCK_DGRAM] = [2, 2];
      return [
        { call: 'socket', args: [AF_INET, SOCK_DGRAM, 0], failure: cannot },
        { call: 'ioctl', args: [free, SIOCSIFFLAGS, upRequest('lo')], failure: cannot },
        close,
      ];
    }
    case 'mnt':
      // As unshare(1) does: mounts of the new namespace do not spread to the old one.
      return [
        { call: 'mount', args: [text('none'), text('/'), text(''), MS_REC | MS_PRIVATE, text('')], failure: cannot },
      ];
    case 'time':
      // Otherwise only children would be in it.
      return [
        { call: 'openat', args: [procFd, text('thread-self/ns/time_for_children'), 0], failure: cannot },
        { call: 'setns', args: [free, namespaceType('time').flag], failure: cannot },
        close,
      ];
    default:
      return [];
  }
}
