// The two command lines of "Copy as Command": ns-helper's, and nsenter's for the same. Reads /proc; no vscode.
import { type Ids, readIdMaps, readIds } from '../inspect/processIds';
import { t } from '../l10n';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { type EnterPlan, helperArguments, planEntry } from '../plan/enterPlan';
import { nsenterCommand } from '../plan/nsenterCommand';
import { shellLine } from '../plan/shellLine';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import { type Chosen, identityOf } from '../select/selection';

/** For a POSIX shell of the user `me`. Throws a UserError where the container's process cannot be seen any more. */
export async function copiedLines(
  chosen: readonly Chosen[],
  runtime: Runtime,
  me: Ids & { readonly shell: string },
  command: readonly string[] = [],
): Promise<{ helper: string; nsenter: string }> {
  const plan = planEntry(chosen, me.uid, command);
  // Without mounts of its own, which only make it faster: shorter to read, and to paste.
  const needs = { ...plan, joinsMnt: false };
  const args = helperArguments(plan, { directory: null, envFile: null });
  // No argument of these is a stranger's option; and a person can read them, and add a command.
  const helper = helperCommand(runtime, args, needs, command.length === 0 ? asTheyAre : undefined);
  const become = await whoToBecome(plan, chosen, me);
  // Without root's rights, the user namespace is that of the only container there is.
  const maps = plan.needsRoot ? null : await readIdMaps(chosen[0]?.container.pid ?? 0);
  return {
    helper: shellLine([helper.command, ...helper.args]),
    nsenter: shellLine(nsenterCommand(plan, { ...me, sudo: runtime.sudo }, become, maps)),
  };
}

const asTheyAre = (args: readonly string[]): readonly string[] => args;

/**
 * For what goes to the clipboard. A path in it is a stranger's choice, and a terminal acts on a line's end, or an escape that
 * ends what was pasted, before a shell sees any quotes. Throws a UserError.
 */
export function refuseControls(lines: readonly string[]): void {
  if (lines.some((line) => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)))
    throw new UserError(
      t('This contains control characters: pasted into a terminal, it could run commands. It was not copied.'),
    );
}

/** Null: nobody else than who one is where the line is run. */
async function whoToBecome({ as, needsRoot }: EnterPlan, chosen: readonly Chosen[], me: Ids): Promise<Ids | null> {
  const container = as === 'target' ? identityOf(chosen) : undefined;
  if (!container) return needsRoot ? me : null;
  const ids = await readIds(container);
  if (ids) return ids;
  // A line that becomes nobody else would run as root.
  throw new UserError(
    t("the user of {0}'s own process cannot be determined: it has ended, or /proc hides it", plain(container.name, 80)),
  );
}
