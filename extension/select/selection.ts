// Which namespaces are chosen: at most one of each type, possibly from different containers. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { Container, NamespaceRef, Snapshot } from '../model/container';

export interface Chosen {
  readonly container: Container;
  readonly namespace: NamespaceRef;
  /** The file that leads into it, where no process of a container does: see held.ts. */
  readonly path?: string;
}

/** The checkboxes: a namespace that is checked takes the place of another of its type. Remembered by key, not by object. */
export class Checked {
  readonly #keys = new Map<NamespaceName, string>();

  get size(): number {
    return this.#keys.size;
  }

  has(containerKey: string, type: NamespaceName): boolean {
    return this.#keys.get(type) === containerKey;
  }

  set(containerKey: string, type: NamespaceName, checked: boolean): void {
    if (checked) this.#keys.set(type, containerKey);
    else if (this.has(containerKey, type)) this.#keys.delete(type);
  }

  clear(): void {
    this.#keys.clear();
  }

  /** Forgets what is not there any more; not where nothing could be seen, which says nothing of what is there. */
  prune(snapshot: Snapshot): void {
    if (snapshot.containers.length === 0 && snapshot.notes.length > 0) return;
    for (const [type, key] of this.#keys)
      if (!snapshot.containers.some((container) => container.key === key)) this.#keys.delete(type);
  }

  resolve(snapshot: Snapshot): Chosen[] {
    const keys = new Set(this.#keys.values());
    const containers = snapshot.containers.filter(({ key }) => keys.has(key));
    return containers.flatMap((container) =>
      container.namespaces
        .filter(({ type }) => this.has(container.key, type))
        .map((namespace) => ({ container, namespace })),
    );
  }
}

/** Each namespace once: of rows that are the very same one, as the network that the containers of a pod share, the first. */
export function distinct(chosen: readonly Chosen[]): Chosen[] {
  return chosen.filter((one, index) => chosen.findIndex((other) => isSame(other, one)) === index);
}

function isSame(one: Chosen, other: Chosen): boolean {
  const [{ type, inode }, { namespace }] = [one.namespace, other];
  if (type !== namespace.type) return false;
  return inode === null ? one.container.key === other.container.key : inode === namespace.inode;
}

/** Types that are chosen more than once: a process can be in only one namespace of each type. */
export function conflictsIn(chosen: readonly Chosen[]): NamespaceName[] {
  const types = chosen.map(({ namespace }) => namespace.type);
  return [...new Set(types.filter((type, index) => types.indexOf(type) !== index))];
}

/** Whose process `--as target` means, as the helper has it: whose files are joined, or else the first that has a process. */
export function identityOf(chosen: readonly Chosen[]): Container | undefined {
  const ofProcesses = chosen.filter(({ path }) => path === undefined);
  return (ofProcesses.find(({ namespace }) => namespace.type === 'mnt') ?? ofProcesses[0])?.container;
}

/** Each container once, in the order in which they were chosen. */
export function containersIn(chosen: readonly Chosen[]): Container[] {
  return [...new Map(chosen.map(({ container }) => [container.key, container])).values()];
}

/** All namespaces of a container but the machine's own ones. */
export function allOf(container: Container): Chosen[] {
  return container.namespaces.filter((namespace) => !namespace.host).map((namespace) => ({ container, namespace }));
}

export function only(container: Container, types: readonly NamespaceName[]): Chosen[] {
  return allOf(container).filter(({ namespace }) => types.includes(namespace.type));
}
