// Running the helper as somebody else: as a user, and by a user's sudo.
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HELPER_FILES } from '../../helper/install/paths';
import type { TestUser } from '../support/users';
import { HELPER, NODE } from './support';

/** A copy of Node and of the helper where every user can reach them, wherever this project lies; or only root, for 0700. */
export class PublicCopy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lns-copy-'));
  readonly node = join(this.#folder, 'node');
  readonly helper = join(this.#folder, 'helper.js');

  constructor(mode = 0o755) {
    chmodSync(this.#folder, mode);
    cpSync(NODE, this.node);
    for (const file of HELPER_FILES) cpSync(join(dirname(HELPER), file), join(this.#folder, file));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Runs a program as a user who has just logged in, or with just these groups. */
export function asUser(
  user: Pick<TestUser, 'uid' | 'gid'>,
  argv: readonly string[],
  groups?: readonly number[],
): string[] {
  const which = groups === undefined ? '--init-groups' : `--groups=${groups.join(',')}`;
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, which, '--', ...argv];
}

/** By sudo, below a process of the user's own, as a shell would be. */
export function bySudo(user: TestUser, argv: readonly string[], groups?: readonly number[]): string[] {
  // The last command of a shell may take its place; this one waits.
  const shell = ['sh', '-c', '"$@"; exit $?', 'sh'];
  return asUser(user, [...shell, 'sudo', '--non-interactive', '--', ...argv], groups);
}
