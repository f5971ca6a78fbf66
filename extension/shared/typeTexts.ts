// What each namespace type holds, in a few words (namespaces(7)), and in which order types are listed. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';

/** What people enter most comes first. */
export const DISPLAY_ORDER: readonly NamespaceName[] = ['net', 'mnt', 'pid', 'uts', 'ipc', 'user', 'cgroup', 'time'];

/** As people read them, wherever there is more than one. */
export function inDisplayOrder<T>(items: readonly T[], typeOf: (item: T) => NamespaceName): T[] {
  return DISPLAY_ORDER.flatMap((type) => items.filter((item) => typeOf(item) === type));
}

export function describeType(type: NamespaceName): string {
  switch (type) {
    case 'cgroup':
      return t('cgroup root directory');
    case 'ipc':
      return t('System V IPC, POSIX message queues');
    case 'mnt':
      return t('mount points: the filesystem');
    case 'net':
      return t('network devices, addresses, ports, routes, firewall');
    case 'pid':
      return t('process IDs');
    case 'time':
      return t('boot and monotonic clocks');
    case 'user':
      return t('user and group IDs, capabilities');
    case 'uts':
      return t('hostname and domain name');
  }
}

/** What a person calls what is in it. */
export function nounOf(type: NamespaceName): string {
  switch (type) {
    case 'cgroup':
      return t('cgroups');
    case 'ipc':
      return t('shared memory');
    case 'mnt':
      return t('files');
    case 'net':
      return t('network');
    case 'pid':
      return t('processes');
    case 'time':
      return t('clocks');
    case 'user':
      return t('users');
    case 'uts':
      return t('hostname');
  }
}
