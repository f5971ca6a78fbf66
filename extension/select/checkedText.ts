// What is checked, on one line: it stands above the rows, also where the filter or a closed row hides the checkboxes. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import { plain } from '../model/text';
import { inDisplayOrder } from '../shared/typeTexts';
import type { Chosen } from './selection';

/** What lost its check because another of its type was checked. */
export interface Replaced {
  readonly type: NamespaceName;
  /** Whose it was. */
  readonly name: string;
}

/** "Selected: net of api instead of web, uts of api"; empty where nothing is. */
export function describeChecked(chosen: readonly Chosen[], replaced: Replaced | null): string {
  if (chosen.length === 0) return '';
  const parts = inDisplayOrder(chosen, ({ namespace }) => namespace.type).map(({ container, namespace: { type } }) => {
    const name = plain(container.name, 40);
    if (replaced?.type !== type) return t('{0} of {1}', type, name);
    return t('{0} of {1} instead of {2}', type, name, plain(replaced.name, 40));
  });
  return t('Selected: {0}', parts.join(', '));
}
