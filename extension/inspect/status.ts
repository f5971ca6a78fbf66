// What /proc/PID/status tells about who a process is (proc_pid_status(5)). Pure.
import { capabilityNames, missingCapabilities } from './capabilities';
import { t } from '../l10n';

/** The value of a line, without what is around it; null where there is no such line. */
export function statusField(status: string, name: string): string | null {
  const line = status.split('\n').find((each) => each.startsWith(`${name}:`));
  return line === undefined
    ? null
    : line
        .slice(name.length + 1)
        .trim()
        .replaceAll('\t', ' ');
}

/** The names of a set; where most are in it, those that are not. */
export function describeCapabilities(status: string, name: 'CapEff' | 'CapBnd'): string {
  const names = capabilityNames(statusField(status, name) ?? '');
  if (names.length === 0) return t('none');
  const missing = missingCapabilities(names);
  if (missing.length === 0) return t('all');
  return missing.length < names.length ? t('all but {0}', missing.join(', ')) : names.join(', ');
}

/** Modes of seccomp(2). */
export function describeSeccomp(status: string): string {
  const mode = statusField(status, 'Seccomp');
  return mode === '2' ? t('filtered') : mode === '1' ? t('strict') : t('none');
}
