// What holds whoever is not root among a container's files. Whoever made these may have put set-user-ID programs and device nodes
// there. To the container they are worth no more than its bounding set, its cgroup's device rules or its user namespace; to us
// they would be worth all that root can. Left out: root itself, who has that anyway, and what a joined user namespace holds.
import type { Confinement } from './identity';
import { isOwnedHere } from './join';
import type { PinnedNamespace } from './target';
import { readBounds } from './targetIdentity';

export interface Guard {
  confinement: Confinement | null;
  /** Whether no program may give rights at all (prctl(2), PR_SET_NO_NEW_PRIVS). */
  noNewPrivileges: boolean;
  /** Whether the rules for devices of the target's cgroup have to hold. Device nodes are not to be made in a user namespace. */
  devices: boolean;
}

/** Where nothing but what the command is to be confines it. */
export const unguarded = (confinement: Confinement | null): Guard => ({
  confinement,
  noNewPrivileges: false,
  devices: false,
});

/**
 * For the joined `mnt`. `target` is how its process is confined, where the command is to be as that one is.
 *
 * Files that are owned by another user namespace than ours were arranged by somebody who is root there alone, maybe around the
 * host's own set-user-ID programs, which run as our root for us; and a bounding set there says nothing of rights out here.
 */
export function guardAmong(mnt: PinnedNamespace, target: Confinement | null, procFd: number): Guard {
  if (!isOwnedHere(mnt, procFd))
    return { confinement: target && { ...target, bounding: '0' }, noNewPrivileges: true, devices: false };
  if (target) return { confinement: target, noNewPrivileges: false, devices: true };
  // A file says of nobody how they are confined in there.
  if (!mnt.target) return { confinement: null, noNewPrivileges: true, devices: false };
  return { confinement: readBounds(mnt.target), noNewPrivileges: false, devices: true };
}
