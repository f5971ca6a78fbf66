// What a person will see, keep and need, before anything is entered. Pure: facts in, sentences out.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { type Chosen, identityOf } from '../select/selection';
import { nounOf } from '../shared/typeTexts';
import type { EnterPlan } from './enterPlan';

export interface PreviewLine {
  readonly label: string;
  readonly text: string;
}

/** `addresses` of a container's network, by its key. */
export function previewOf(
  plan: EnterPlan,
  chosen: readonly Chosen[],
  addresses: ReadonlyMap<string, readonly string[]>,
): PreviewLine[] {
  return [
    ...chosen.map(({ container, namespace }) => ({
      label: nounOf(namespace.type),
      text: ofContainer(container, namespace.type, chosen, addresses.get(container.key) ?? []),
    })),
    { label: t('you keep'), text: kept(chosen) },
    { label: t('you are'), text: whoIs(plan, chosen) },
    ...warnings(chosen),
    { label: t('needs'), text: plan.needsRoot ? 'sudo' : t('no other rights than yours') },
  ];
}

/**
 * In a joined pid namespace the container's processes see the command; one with its user id may look into it, through
 * /proc/PID/root too (ptrace(2)), and the container's root can take on any id unless it is root of a user namespace of its own.
 */
function warnings(chosen: readonly Chosen[]): PreviewLine[] {
  const processes = chosen.find(({ namespace }) => namespace.type === 'pid');
  if (!processes || chosen.some(({ namespace }) => namespace.type === 'mnt')) return [];
  const user = processes.container.namespaces.find(({ type }) => type === 'user');
  if (user && !user.host && user.inode !== null) return [];
  const name = plain(processes.container.name, 40);
  return [{ label: t('beware'), text: t('root in {0} can reach your files through your command', name) }];
}

/** One line for the top of a terminal. */
export function whereOf(chosen: readonly Chosen[]): string {
  const containers = [...new Set(chosen.map(({ container }) => container))];
  return containers
    .map((container) => {
      const types = chosen.filter((choice) => choice.container === container).map(({ namespace }) => namespace.type);
      return t('{0} of {1}', types.map(nounOf).join(', '), plain(container.name, 40));
    })
    .join('; ');
}

function ofContainer(
  { name }: Container,
  type: NamespaceName,
  chosen: readonly Chosen[],
  addresses: readonly string[],
): string {
  const shown = plain(name, 40);
  if (type !== 'net') return shown;
  const withAddress = addresses.length > 0 ? `${shown} (${addresses.slice(0, 3).join(', ')})` : shown;
  // Where the files are a container's, so is its resolv.conf.
  const fitted = !chosen.some(({ namespace }) => namespace.type === 'mnt');
  return fitted ? t('{0}, DNS of {1}', withAddress, shown) : withAddress;
}

function kept(chosen: readonly Chosen[]): string {
  const types = chosen.map(({ namespace }) => namespace.type);
  const rest = NAMESPACE_NAMES.filter((type) => !types.includes(type));
  return rest.length === 0 ? t('nothing') : rest.map(nounOf).join(', ');
}

function whoIs({ as }: EnterPlan, chosen: readonly Chosen[]): string {
  if (as === 'me') return t('yourself, with all your groups');
  if (as === 'root') return t('root');
  if (as === 'target') {
    return t('whoever the process of {0} is', plain(identityOf(chosen)?.name ?? '', 40));
  }
  return t('user {0}', as.other);
}
