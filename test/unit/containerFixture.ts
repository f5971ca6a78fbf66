// Containers as discovery would give them, for the tests of what is done with them.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { Container, Details, Namespace, NamespaceRef, Snapshot } from '../../extension/model/container';

/** Types that a container has of its own, with their inodes; null for one that may not be read. */
export type OwnTypes = Partial<Record<NamespaceName, number | null>>;

const HOST_INODE = 4026531830;

/** A container with `own` namespaces; all others are the machine's. */
export function makeContainer(
  name: string,
  own: OwnTypes,
  { labels = {}, processes = [], ...more }: Partial<Omit<Container, 'details'> & Details> = {},
): Container {
  return {
    key: `docker:${name}`,
    engine: 'docker',
    name,
    id: null,
    state: 'running',
    image: null,
    engineNamespace: null,
    pod: null,
    composeProject: null,
    composeService: null,
    pid: 4242,
    startTime: 777,
    uid: 0,
    user: 'root',
    rootless: false,
    namespaces: NAMESPACE_NAMES.map((type, index): NamespaceRef => {
      const inode = own[type];
      const host = inode === undefined;
      return { type, inode: host ? HOST_INODE + index : inode, host, sharedWith: [] };
    }),
    details: { labels, processes },
    lockedForRoot: false,
    parentKey: null,
    ...more,
  };
}

/** A namespace that nobody is in and nothing holds. */
export const makeNamespace = (type: NamespaceName, inode: number, more: Partial<Namespace> = {}): Namespace => ({
  type,
  inode,
  owner: null,
  parent: null,
  pids: [],
  heldBy: [],
  host: false,
  containerKeys: [],
  ...more,
});

export const snapshotOf = (...containers: Container[]): Snapshot => ({ containers, namespaces: [], notes: [] });
