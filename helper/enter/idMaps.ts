// Ids in and out of a user namespace (user_namespaces(7)). Pure.
import { HelperError } from '../errors';
import type { Identity } from './identity';

export interface IdMaps {
  /** Text of uid_map and gid_map: lines of first id inside, first id outside, count. */
  uid: string;
  gid: string;
  /** Whether setgroups(2) is allowed inside. */
  setgroups: boolean;
}

type Range = { inside: number; outside: number; count: number };

function ranges(map: string): Range[] {
  return map
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([inside = NaN, outside = NaN, count = NaN]) => ({ inside, outside, count }));
}

/** The outside id of `inside`; null where it has none. */
export function mapFromInside(map: string, inside: number): number | null {
  const range = ranges(map).find(
    (candidate) => inside >= candidate.inside && inside < candidate.inside + candidate.count,
  );
  return range ? range.outside + (inside - range.inside) : null;
}

/** The inside id of `outside`; null where it has none. */
export function mapFromOutside(map: string, outside: number): number | null {
  const range = ranges(map).find(
    (candidate) => outside >= candidate.outside && outside < candidate.outside + candidate.count,
  );
  return range ? range.inside + (outside - range.outside) : null;
}

/** An identity in the ids of the namespace; `outside` says that it is given in those from outside of it. */
export function insideIdentity(identity: Identity | null, outside: boolean, maps: IdMaps): Identity | null {
  if (!identity) return null;
  const translate = (map: string, id: number): number | null =>
    outside ? mapFromOutside(map, id) : mapFromInside(map, id) === null ? null : id;
  const [uid, gid] = [translate(maps.uid, identity.uid), translate(maps.gid, identity.gid)];
  if (uid === null || gid === null) {
    throw new HelperError(
      'identityFailed',
      `uid ${identity.uid}, gid ${identity.gid} is nobody in that user namespace: not in its uid_map and gid_map; take --as root, or an id that is`,
    );
  }
  const groups = maps.setgroups
    ? (identity.groups ?? []).map((id) => translate(maps.gid, id)).filter((id) => id !== null)
    : null;
  return { uid, gid, groups };
}
