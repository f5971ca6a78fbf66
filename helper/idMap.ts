// The id maps of a user namespace, /proc/PID/uid_map and gid_map (user_namespaces(7)). Pure.
import type { IdRange } from './protocol';

export function parseIdMap(text: string): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const match = /^ *(\d+) +(\d+) +(\d+)$/.exec(line);
    return match ? [{ inside: Number(match[1]), outside: Number(match[2]), count: Number(match[3]) }] : [];
  });
}

/** The inside id of `outside`; null where it has none. */
export function idInside(map: readonly IdRange[], outside: number): number | null {
  const range = map.find((candidate) => outside >= candidate.outside && outside < candidate.outside + candidate.count);
  return range ? range.inside + (outside - range.outside) : null;
}

/** The outside id of `inside`; null where it has none. */
export function idOutside(map: readonly IdRange[], inside: number): number | null {
  const range = map.find((candidate) => inside >= candidate.inside && inside < candidate.inside + candidate.count);
  return range ? range.outside + (inside - range.inside) : null;
}
