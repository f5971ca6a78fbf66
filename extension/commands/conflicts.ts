// Two namespaces of one type: refused before anything is planned, with both sides named.
import { l10n } from 'vscode';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { conflictsIn, type Chosen } from '../select/selection';

export function refuseConflicts(chosen: readonly Chosen[]): void {
  const [type] = conflictsIn(chosen);
  if (type === undefined) return;
  const owners = chosen.filter(({ namespace }) => namespace.type === type).map(({ container }) => container.name);
  throw new UserError(
    l10n.t(
      'A process is in one namespace of each type, but {0} was selected of more than one container: {1}.',
      type,
      owners.map((name) => plain(name, 40)).join(', '),
    ),
  );
}
