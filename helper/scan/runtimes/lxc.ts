// Containers that LXC's monitor minds: its own, and those of LXD and Incus, which keep what a container is made of in a file
// beside its root folder. Only root may read that; of LXC itself there is nothing more to know.
import { facts, type Facts } from './facts';
import type { Minder } from './minder';
import { readTrusted } from './trusted';

export interface Monitor {
  readonly minder: Extract<Minder, { kind: 'lxc' }>;
  /** Its folder in /proc. */
  readonly folder: string;
  readonly uid: number;
}

export function lxcFacts({ minder, folder, uid }: Monitor): Facts {
  const { engine, name: id, containers } = minder;
  if (engine === 'lxc' || containers === null) return facts(engine, id, id);
  // PROJECT_NAME, but for those of the project `default`. No name of either has a `_` in it.
  const [, project = 'default', name = id] = /^([^_]+)_([^_]+)$/.exec(id) ?? [];
  const file = `${folder}/root${containers}/${id}/backup.yaml`;
  const image = id.includes('/') || containers.split('/').includes('..') ? null : readTrusted(file, uid);
  return { ...facts(engine, name, id), labels: { project }, image: image && parseImage(image) };
}

/** The image's description: the first one is the container's own, in its configuration. A long one goes on below. */
function parseImage(yaml: string): string | null {
  const value = /^ {4}image\.description: (.+)$/m.exec(yaml)?.[1] ?? '';
  const single = /^'(.*)'$/.exec(value)?.[1];
  if (single !== undefined) return single.replaceAll("''", "'");
  if (/^['"]/.test(value)) return parseQuoted(value);
  return value || null;
}

/** What YAML writes in double quotes is mostly as in JSON. */
function parseQuoted(value: string): string | null {
  try {
    return String(JSON.parse(value));
  } catch {
    return null;
  }
}
