// What each namespace type holds, in a few words (namespaces(7)). Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';

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
      return t('process ids');
    case 'time':
      return t('boot and monotonic clocks');
    case 'user':
      return t('user and group ids, capabilities');
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
