// An identity in the ids of another user namespace (user_namespaces(7)). Pure.
import { HelperError } from '../errors';
import { idInside, idOutside } from '../idMap';
import type { IdRange } from '../protocol';
import type { Identity } from './identity';

export interface IdMaps {
  uid: readonly IdRange[];
  gid: readonly IdRange[];
  /** Whether setgroups(2) is allowed inside. */
  setgroups: boolean;
}

/** An identity that is given in the ids from outside of the namespace, in those of the namespace. */
export function insideIdentity(identity: Identity, maps: IdMaps): Identity {
  const [uid, gid] = [idInside(maps.uid, identity.uid), idInside(maps.gid, identity.gid)];
  if (uid === null || gid === null) throw isNobody(identity);
  const groups = maps.setgroups
    ? (identity.groups ?? []).map((id) => idInside(maps.gid, id)).filter((id) => id !== null)
    : null;
  return { uid, gid, groups };
}

/** An identity that is given in the ids of the namespace, in those from outside of it. */
export function outsideIdentity(identity: Identity, maps: IdMaps): Identity {
  const [uid, gid] = [idOutside(maps.uid, identity.uid), idOutside(maps.gid, identity.gid)];
  if (uid === null || gid === null) throw isNobody(identity);
  const groups = (identity.groups ?? []).map((id) => idOutside(maps.gid, id)).filter((id) => id !== null);
  return { uid, gid, groups };
}

const isNobody = ({ uid, gid }: Identity): HelperError =>
  new HelperError(
    'identityFailed',
    `uid ${uid}, gid ${gid} has no mapping in that user namespace (uid_map, gid_map); take --as root, or an ID that is mapped`,
  );
