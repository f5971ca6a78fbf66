// What a person will see, keep and need, before anything is entered. Pure: facts in, sentences out.
import { basename } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { type Chosen, identityOf } from '../select/selection';
import { DISPLAY_ORDER, inDisplayOrder, nounOf } from '../shared/typeTexts';
import type { EnterPlan } from './enterPlan';

export interface PreviewLine {
  readonly label: string;
  readonly text: string;
}

/**
 * `addresses` of a container's network, by its key. `sudo`: the program that gives the rights. `dangerous` as isDangerous() of
 * presets.ts has it.
 */
export function previewOf(
  plan: EnterPlan,
  chosen: readonly Chosen[],
  addresses: ReadonlyMap<string, readonly string[]>,
  sudo: string,
  dangerous = false,
): PreviewLine[] {
  return [
    ...inDisplayOrder(chosen, ({ namespace }) => namespace.type).map(({ container, namespace }) => ({
      label: nounOf(namespace.type),
      text: ofContainer(container, namespace.type, chosen, addresses.get(container.key) ?? []),
    })),
    { label: t('you keep'), text: kept(chosen) },
    { label: t('you are'), text: whoIs(plan, chosen) },
    ...warningsOf(chosen, dangerous),
    { label: t('needs'), text: plan.needsRoot ? basename(sudo) : t('only your own rights') },
  ];
}

/** What a person has to be told before they open a terminal, however they came to it. */
export function warningsOf(chosen: readonly Chosen[], dangerous: boolean): PreviewLine[] {
  const files = chosen.find(({ namespace }) => namespace.type === 'mnt');
  const exposed = exposedTo(chosen);
  const texts = [
    ...(exposed ? [t('root in {0} can reach your files through your command', plain(exposed.name, 40))] : []),
    ...(dangerous && files
      ? [t('you will be root of this machine in the files of {0}', plain(files.container.name, 40))]
      : []),
  ];
  return texts.map((text) => ({ label: t('warning'), text }));
}

/**
 * In a joined pid namespace the container's processes see the command; one with its user id may look into it, through
 * /proc/PID/root too (ptrace(2)), and the container's root can take on any id unless it is root of a user namespace of its own.
 */
function exposedTo(chosen: readonly Chosen[]): Container | undefined {
  const processes = chosen.find(({ namespace }) => namespace.type === 'pid');
  if (!processes || chosen.some(({ namespace }) => namespace.type === 'mnt')) return undefined;
  const user = processes.container.namespaces.find(({ type }) => type === 'user');
  return user && !user.host && user.inode !== null ? undefined : processes.container;
}

/** One line for the top of a terminal. */
export function whereOf(chosen: readonly Chosen[]): string {
  const containers = [...new Set(chosen.map(({ container }) => container))];
  return containers
    .map((container) => {
      const types = chosen.filter((choice) => choice.container === container).map(({ namespace }) => namespace.type);
      const nouns = inDisplayOrder(types, (type) => type).map(nounOf);
      return t('{0} of {1}', nouns.join(', '), plain(container.name, 40));
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
  const rest = DISPLAY_ORDER.filter((type) => !types.includes(type));
  return rest.length === 0 ? t('nothing') : rest.map(nounOf).join(', ');
}

function whoIs({ as }: EnterPlan, chosen: readonly Chosen[]): string {
  if (as === 'me') return t('yourself, with all your groups');
  if (as === 'root') return t('root');
  if (as === 'target') {
    return t("the user of {0}'s own process", plain(identityOf(chosen)?.name ?? '', 40));
  }
  return t('user {0}', as.other);
}
