// How the containers are grouped, sorted and filtered. Pure.
import type { Container } from '../model/container';
import type { Work } from '../shared/slices';

export const GROUPINGS = ['engine', 'project', 'none'] as const;
export const SORTINGS = ['name', 'pid'] as const;

export interface Arrangement {
  readonly groupBy: (typeof GROUPINGS)[number];
  readonly sortBy: (typeof SORTINGS)[number];
  /** Only containers that have it somewhere in what a person reads of them; empty: all. */
  readonly filter: string;
}

export const USUAL_ARRANGEMENT: Arrangement = { groupBy: 'engine', sortBy: 'name', filter: '' };

/** Those that pass the filter, in order. Discovery has them by engine, project and name. */
export function* arrange(containers: readonly Container[], { sortBy, filter }: Arrangement): Work<Container[]> {
  const wanted = filter.trim().toLowerCase();
  const found = wanted === '' ? [...containers] : yield* matching(containers, wanted);
  return sortBy === 'pid' ? found.sort((a, b) => a.pid - b.pid) : found;
}

function* matching(containers: readonly Container[], wanted: string): Work<Container[]> {
  const found: Container[] = [];
  for (const container of containers) {
    if (matches(container, wanted)) found.push(container);
    yield;
  }
  return found;
}

function matches(
  { name, engine, image, composeProject, composeService, pod, pid }: Container,
  wanted: string,
): boolean {
  const texts = [name, engine, image, composeProject, composeService, pod, String(pid)];
  return texts.some((text) => text?.toLowerCase().includes(wanted) ?? false);
}
