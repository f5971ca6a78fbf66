// Files that are to be installed together. Each is written aside, in the folder it is for, and none takes its place before
// all are there: whatever fails until then leaves what was installed before as it was.
import { chmodSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { HelperError } from '../errors';
import { isRootsAlone } from './trust';

export class Drafts {
  private readonly paths: string[] = [];
  /** Those that were not there before, outer ones first. */
  private readonly folders: string[] = [];

  /** Writes what will be `path`, for root alone to change; `check` is given the path of the draft. */
  add(path: string, mode: number, content: string | Buffer, check?: (draft: string) => void): void {
    this.makeFolder(dirname(path));
    const draft = draftOf(path);
    // What an earlier install left that was killed.
    rmSync(draft, { force: true });
    this.paths.push(path);
    // Nobody else can open it meanwhile: who did could still write when root runs it.
    writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
    chmodSync(draft, mode);
    check?.(draft);
  }

  /** rename(2) replaces in one step, in the order in which they were added. */
  takePlace(): void {
    for (const path of this.paths) renameSync(draftOf(path), path);
  }

  discard(): void {
    for (const path of this.paths) rmSync(draftOf(path), { force: true });
    for (const folder of this.folders.reverse()) rmdirSync(folder);
  }

  /** Anyone who can write in one of these folders could replace what root runs. */
  private makeFolder(folder: string): void {
    if (!existsSync(folder)) {
      this.makeFolder(dirname(folder));
      mkdirSync(folder, { mode: 0o755 });
      this.folders.push(folder);
    }
    if (!isRootsAlone(folder))
      throw new HelperError(
        'notPermitted',
        `${folder}: users other than root can write there or above; nothing was installed`,
      );
  }
}

/** sudo passes over names with a dot (sudoers(5)): the draft of a drop-in is not in force. */
export const draftOf = (path: string): string => `${path}.new`;
