// Everything about one container that /proc tells to this user, as a page; of one that is stopped, what its engine tells. Pure.
import { t } from '../l10n';
import type { Container } from '../model/container';
import { inDisplayOrder } from '../shared/typeTexts';
import { formatPage } from './page';
import { aboutUnread, type ProcessFiles } from './processFiles';
import { aboutGroups, aboutMounts, aboutNetwork, idMap } from './sections';
import { describeCapabilities, describeSeccomp, statusField } from './status';

/** `files`: of its first process; null where it has none that is to be seen on this machine. */
export function inspectionPage(container: Container, files: ProcessFiles | null): string {
  const about = { title: t('Container'), rows: aboutContainer(container) };
  const ofProcess = files && [
    { title: t('Namespaces'), rows: aboutNamespaces(container) },
    { title: t('Identity of its first process'), rows: aboutIdentity(files) },
    ...aboutNetwork(files),
    aboutGroups(files),
    aboutMounts(files),
    aboutUnread(container.pid, files),
  ];
  return formatPage(`${container.name} (${container.engine})`, [about, ...(ofProcess ?? [])]);
}

function aboutContainer(container: Container): string[][] {
  const { id, engineNamespace, state, image, pod, composeProject, composeService, user, pid, startTime } = container;
  const process = startTime === null ? String(pid) : t('{0}, started {1} ticks after boot', pid, startTime);
  const facts: [string, string | null][] = [
    ['id', id],
    [t('containerd namespace'), engineNamespace],
    [t('state'), state],
    [t('image'), image],
    [t('pod'), pod],
    [t('compose project'), composeProject],
    [t('compose service'), composeService],
    [t('user'), user],
    [t('process'), pid === 0 ? null : process],
    ...Object.entries(container.details.labels).map(([name, value]): [string, string] => [t('label {0}', name), value]),
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}

function aboutNamespaces({ namespaces }: Container): string[][] {
  return inDisplayOrder(namespaces, ({ type }) => type).map(({ type, inode, host, sharedWith }) => {
    if (inode === null) return [type, '', host ? t('not in this kernel') : t('locked')];
    const shared = sharedWith.length > 0 ? t('shared with {0}', sharedWith.join(', ')) : '';
    return [type, String(inode), host ? t("this machine's own") : shared];
  });
}

function aboutIdentity({ status, uid_map: uids, gid_map: gids }: ProcessFiles): string[][] {
  if (typeof status !== 'string') return [];
  return [
    [t('user IDs'), statusField(status, 'Uid') ?? ''],
    [t('group IDs'), statusField(status, 'Gid') ?? ''],
    [t('groups'), statusField(status, 'Groups') ?? ''],
    [t('user ID map'), idMap(uids)],
    [t('group ID map'), idMap(gids)],
    [t('capabilities'), describeCapabilities(status, 'CapEff')],
    [t('bounding set'), describeCapabilities(status, 'CapBnd')],
    ['no_new_privs', statusField(status, 'NoNewPrivs') === '1' ? t('yes') : t('no')],
    ['seccomp', describeSeccomp(status)],
  ];
}
