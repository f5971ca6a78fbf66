// Asks which container, and which of its namespaces, where a command was not told.
import { l10n, window } from 'vscode';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { type Port, readPorts } from '../inspect/ports';
import { type Container, isRunning, type Snapshot } from '../model/container';
import { plain } from '../model/text';
import { allOf, type Chosen } from './selection';
import { describeType, DISPLAY_ORDER, inDisplayOrder } from '../shared/typeTexts';

const asText = (text: string): string => plain(text, 100);

/** Those that are meant to come first do, so that Enter takes the first of them. */
export async function pickContainer(
  snapshot: Snapshot,
  title: string,
  isFirst: (container: Container) => boolean = () => false,
): Promise<Container | undefined> {
  const running = snapshot.containers.filter(isRunning);
  const offered = [...running.filter(isFirst), ...running.filter((container) => !isFirst(container))];
  const items = offered.map((container) => ({
    label: asText(container.name),
    description: asText(
      [container.engine, container.composeProject, container.image].filter((part) => part !== null).join(' · '),
    ),
    container,
  }));
  const [failure] = snapshot.notes;
  const none = failure === undefined ? l10n.t('No container is running on this machine') : asText(failure);
  const placeHolder = items.length > 0 ? l10n.t('Container') : none;
  return (await window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.container;
}

export async function pickNamespaces(container: Container, title: string): Promise<Chosen[] | undefined> {
  const items = inDisplayOrder(allOf(container), ({ namespace }) => namespace.type).map((chosen) => ({
    label: chosen.namespace.type,
    description: chosen.namespace.inode === null ? l10n.t('locked') : String(chosen.namespace.inode),
    picked: chosen.namespace.type === 'net',
    chosen,
  }));
  const picked = await window.showQuickPick(items, { title, canPickMany: true, placeHolder: asText(container.name) });
  return picked?.map(({ chosen }) => chosen);
}

export async function pickPort(container: Container, title: string): Promise<Port | undefined> {
  const found = await readPorts(container);
  const ports = 'ports' in found ? found.ports : [];
  const items = ports.map((port) => ({ label: port.reachedAt, description: port.protocol, port }));
  const placeHolder =
    ports.length > 0 ? asText(container.name) : l10n.t('No listening ports are visible in its network');
  return (await window.showQuickPick(items, { title, placeHolder }))?.port;
}

/** Types to make new namespaces of. */
export async function pickNewTypes(title: string): Promise<NamespaceName[] | undefined> {
  const items = DISPLAY_ORDER.map((type) => ({
    label: type,
    description: describeType(type),
    detail: type === 'user' ? l10n.t('With this type, root is not needed: you are root inside, and nowhere else.') : '',
    picked: type === 'user' || type === 'net',
    type,
  }));
  const placeHolder = l10n.t('Types to create; the others stay yours');
  const picked = await window.showQuickPick(items, { title, placeHolder, canPickMany: true });
  return picked?.map(({ type }) => type);
}
