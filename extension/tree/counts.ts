// How many there are, in words. Pure.
import { t } from '../l10n';

export function containersText(count: number): string {
  return count === 1 ? t('1 container') : t('{0} containers', count);
}

export function processesText(count: number): string {
  return count === 1 ? t('1 process') : t('{0} processes', count);
}
