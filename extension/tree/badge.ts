// How many containers run, on the icon in the activity bar. Pure.
import { t } from '../l10n';
import { type Container, isRunning } from '../model/container';
import { containersText } from './counts';

/** None where none runs. Nothing is looked at while the view is hidden (`seen` is false), and the badge says so. */
export function badgeOf(
  containers: readonly Container[],
  seen: boolean,
): { readonly value: number; readonly tooltip: string } | undefined {
  const value = containers.filter(isRunning).length;
  if (value === 0) return undefined;
  const count = containersText(value);
  return { value, tooltip: seen ? t('{0} running', count) : t('{0} running when the view was last seen', count) };
}
