// Starts the scan as root, by sudo. Where sudo wants a password, the person is asked; where it wants none, nobody is.
import { basename } from 'node:path';
import { t } from '../l10n';
import { messageOf } from '../model/messageOf';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import { type AskPerson, type AskpassOptions, serveAskpass } from './askpassServer';
import { isUnlockError, type UnlockError } from './unlockError';
import type { ProcessCommand, ProcessEnd } from './lineProcess';

export interface UnlockOptions extends AskpassOptions {
  readonly runtime: Runtime;
  readonly env: NodeJS.ProcessEnv;
}

/** What runs the scan. */
export interface Unlockable {
  /** `onEnd` is told when it ends by itself. Resolves with the first document, rejects with an UnlockError where none came. */
  unlock(command: ProcessCommand, onEnd: (end: ProcessEnd) => void): Promise<void>;
}

/** `again`: the answer before was wrong, as far as one can tell: sudo asks the same once more. */
export type AskPassword = (prompt: string, again: boolean, signal: AbortSignal) => Promise<string | undefined>;

/**
 * Resolves with whether the scan runs as root now; false where the person would not say the password. `onEnd` is told when
 * it ends later by itself.
 */
export async function unlock(
  scan: Unlockable,
  options: UnlockOptions,
  ask: AskPassword,
  onEnd: (end: ProcessEnd) => void,
): Promise<boolean> {
  const person = { declined: false };
  const asked = new Set<string>();
  const askPerson: AskPerson = async (prompt, signal) => {
    const again = asked.has(prompt);
    asked.add(prompt);
    const password = await ask(prompt, again, signal);
    if (password === undefined) person.declined = true;
    return password;
  };
  const askpass = await serveAskpass(options, askPerson).catch((error: unknown) => {
    throw new UserError(t('Nothing was unlocked: {0}', messageOf(error)));
  });
  try {
    const { command, args } = helperCommand(options.runtime, ['scan', '--watch'], {
      needsRoot: true,
      joinsMnt: false,
    });
    const env = { ...options.env, ...askpass.env };
    // In a session of its own it has no terminal, so that sudo can only ask by the askpass program.
    const flag = isDoas(options.runtime.sudo) ? '-n' : '-A';
    await scan.unlock({ command, args: [flag, ...args], env, detached: true }, onEnd);
    return true;
  } catch (error) {
    if (person.declined) return false;
    throw isUnlockError(error) ? explain(error, options.runtime.sudo) : error;
  } finally {
    await askpass.dispose();
  }
}

/** doas(1) asks on a terminal or not at all. */
const isDoas = (program: string): boolean => basename(program) === 'doas';

function explain(error: UnlockError, sudo: string): UserError {
  const { missing, code, said } = error.end;
  if (missing) {
    return new UserError(
      t('{0} is not installed, or not on your PATH. Install it, or name it in the setting namespaces.sudo.path.', sudo),
    );
  }
  if (isDoas(sudo)) {
    return new UserError(
      t(
        'Nothing was unlocked: {0}. doas can ask for a password only on a terminal. To unlock from the editor, add a rule with "nopass" to doas.conf.',
        plain(said, 300),
      ),
    );
  }
  return new UserError(
    t(
      'Nothing was unlocked: {0}. You must be allowed to run commands as root; "sudo -l" lists what you may run.',
      plain(said, 300) || t('{0} ended with exit code {1}', basename(sudo), String(code)),
    ),
  );
}
