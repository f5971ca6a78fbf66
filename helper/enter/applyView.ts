// Fits the view in this process: see view.ts.
import { chmodSync, writeFileSync } from 'node:fs';
import { errorCode, reason } from '../errors';
import { MNT_DETACH, mount, MS_REC, MS_SLAVE, unmount } from '../syscalls/mounts';
import { CLONE_NEWNS, unshare } from '../syscalls/namespaces';
import type { ViewPlan } from './view';
import { type Mount, NEW_FILE_MODE, type NewFile, NOT_FITTED, type Part, STAGING, viewParts } from './viewParts';

/**
 * In a mount namespace of this process's own, which is still to be made unless it `isAlone`, with root's rights there. Returns one line
 * for each part that could not be done: a terminal with the host's /sys is still the terminal that was asked for.
 */
export function applyView(plan: ViewPlan, joinedPid: number | null, isAlone: boolean): string[] {
  try {
    if (!isAlone) unshare(CLONE_NEWNS);
    // What is mounted in here stays in here; what the host mounts later still comes in (mount_namespaces(7)).
    mount('none', '/', '', MS_REC | MS_SLAVE);
    return viewParts(plan, joinedPid).flatMap(attempt);
  } catch (error) {
    return [`${NOT_FITTED}: ${reason(error)}`];
  }
}

function attempt({ what, actions, staging }: Part): string[] {
  try {
    if (staging === null) actions.forEach(act);
    else inStaging(staging, actions);
    return [];
  } catch (error) {
    return [`${what}: ${reason(error)}`];
  }
}

function inStaging(staging: Mount, actions: Part['actions']): void {
  act(staging);
  try {
    actions.forEach(act);
  } finally {
    unmount(STAGING, MNT_DETACH);
  }
}

function act(action: Mount | NewFile): void {
  if ('file' in action) {
    writeFileSync(action.file, action.text, { flag: 'wx' });
    chmodSync(action.file, NEW_FILE_MODE);
    return;
  }
  const { source, target, type, flags, options, ifThere } = action;
  try {
    mount(source, target, type, flags, options);
  } catch (error) {
    if (!ifThere || errorCode(error) !== 'ENOENT') throw error;
  }
}
