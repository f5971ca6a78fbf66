// What the tests of an installed helper share. They write to the real places, as install does.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { PATHS } from '../../helper/install/paths';

/** What is there of an installation. */
export function traces(): string[] {
  const drafts = [PATHS.command, PATHS.policy, PATHS.sudoers].map((path) => `${path}.new`);
  return [...Object.values(PATHS), ...drafts, dirname(PATHS.policy)].filter((path) => existsSync(path));
}

/** For a `before` hook: somebody's own installation is not for a test to remove. */
export function refuseToReplace(): void {
  const found = traces();
  if (found.length > 0)
    throw new Error(`ns-helper is installed on this machine: ${found.join(', ')}; uninstall it first`);
}
