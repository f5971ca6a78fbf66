// What can be entered of what was chosen: refused before anything is planned where that is nothing, or two of a type. Pure.
import { t } from '../l10n';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import { conflictsIn, distinct, type Chosen } from '../select/selection';

/** Each namespace once. Throws a UserError that names both sides of a conflict. */
export function enterable(chosen: readonly Chosen[]): Chosen[] {
  if (chosen.length === 0)
    throw new UserError(t("All of these namespaces are the machine's own: every terminal is already in them."));
  const each = distinct(chosen);
  const [type] = conflictsIn(each);
  if (type === undefined) return each;
  const owners = each.filter(({ namespace }) => namespace.type === type).map(({ container }) => container.name);
  throw new UserError(
    t(
      'A process is in one namespace of each type, but {0} is selected in more than one container: {1}.',
      type,
      owners.map((name) => plain(name, 40)).join(', '),
    ),
  );
}
