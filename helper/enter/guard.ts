// What confines a command that is not root's among a container's files, which may hold set-user-ID programs and device nodes. In
// the container these give no more than its bounding set, its cgroup's device rules and its user namespace allow; outside of these
// confines they would give everything. Left out: commands of root, which has everything anyway, and joined user namespaces, which
// confine by themselves.
import type { Confinement } from './identity';
import { isOwnedHere } from './join';
import type { PinnedNamespace } from './target';
import { readBounds } from './targetIdentity';

export interface Guard {
  confinement: Confinement | null;
  /** Whether no program may gain any rights at all (prctl(2), PR_SET_NO_NEW_PRIVS). */
  noNewPrivileges: boolean;
  /** Whether the device rules of the target's cgroup have to hold. Nobody can make device nodes in a user namespace (mknod(2)). */
  devices: boolean;
}

/** Nothing more than what the command is to have anyway. */
export const unguarded = (confinement: Confinement | null): Guard => ({
  confinement,
  noNewPrivileges: false,
  devices: false,
});

/**
 * For the joined `mnt`. `target` is how its process is confined, if the command is to be confined like it.
 *
 * A mount namespace of another user namespace was arranged by somebody who may be root only there, perhaps around set-user-ID
 * programs of the host, which would give us the rights of the host's root; and a bounding set there means nothing out here.
 */
export function guardAmong(mnt: PinnedNamespace, target: Confinement | null, procFd: number): Guard {
  if (!isOwnedHere(mnt, procFd))
    return { confinement: target && { ...target, bounding: '0' }, noNewPrivileges: true, devices: false };
  if (target) return { confinement: target, noNewPrivileges: false, devices: true };
  // A namespace given as a file does not tell how processes in it are confined.
  if (!mnt.target) return { confinement: null, noNewPrivileges: true, devices: false };
  return { confinement: readBounds(mnt.target), noNewPrivileges: false, devices: true };
}
