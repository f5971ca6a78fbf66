// Which containers lie in which others: those of an engine that runs in a container. Pure.
import type { Container } from '../model/container';
import { indexBy } from '../shared/indexBy';
import type { Work } from '../shared/slices';

export interface Nesting {
  /** Those that lie in no other that is shown. */
  readonly top: readonly Container[];
  /** By the key of the one in which they lie. */
  readonly inside: ReadonlyMap<string, readonly Container[]>;
}

export function* nest(containers: readonly Container[]): Work<Nesting> {
  const parents = new Set<string | null>();
  containers.forEach(({ parentKey }) => parents.add(parentKey));
  const byKey = yield* indexBy(
    containers.filter(({ key }) => parents.has(key)),
    ({ key }) => key,
  );
  const top: Container[] = [];
  const inside = new Map<string, Container[]>();
  containers.forEach((container) => {
    const parent = parentOf(container, byKey);
    const siblings = inside.get(parent?.key ?? '');
    if (!parent || isInItself(container, byKey)) top.push(container);
    else if (siblings) siblings.push(container);
    else inside.set(parent.key, [container]);
  });
  return { top, inside };
}

/**
 * What no engine has made, such as the namespaces in which a rootless one runs, holds nothing: a person looks for that one's
 * containers among its own.
 */
function parentOf({ parentKey }: Container, byKey: ReadonlyMap<string, Container>): Container | undefined {
  const parent = parentKey === null ? undefined : byKey.get(parentKey);
  return parent?.id === null ? undefined : parent;
}

/** Parents can seem to go round in a circle where a pid was used again between two readings. */
function isInItself(container: Container, byKey: ReadonlyMap<string, Container>): boolean {
  const passed = new Set<Container>();
  for (let at = parentOf(container, byKey); at && !passed.has(at); at = parentOf(at, byKey)) {
    if (at === container) return true;
    passed.add(at);
  }
  return false;
}
