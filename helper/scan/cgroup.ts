// Whose container a process is, by its cgroup path (cgroups(7)): engines name the cgroup after the container. Pure. The
// path is a hint, not a proof: whoever may make cgroups may choose such a name.
import { HEX_ID, isWholeId, shortId } from './wholeId';

export interface CgroupOwner {
  engine: string;
  /** The engine's full id, or its name where the engine knows its containers by name alone. */
  id: string;
  name: string;
}

export interface Cgroup {
  readonly paths: readonly string[];
  readonly owner: CgroupOwner | null;
  /** See cgroupService(). */
  readonly service: string | null;
}

/** All that /proc/PID/cgroup tells, for one scan: most sandboxes are in their starter's, and so in the same one. */
export class Cgroups {
  readonly #byText = new Map<string, Cgroup>();

  parse(text: string): Cgroup {
    const known = this.#byText.get(text);
    if (known) return known;
    const paths = parseCgroupPaths(text);
    const cgroup = { paths, owner: cgroupOwner(paths), service: cgroupService(paths) };
    this.#byText.set(text, cgroup);
    return cgroup;
  }
}

/** /proc/PID/cgroup as paths, the unified hierarchy and systemd's first: the others may lag behind (memory, freezer). */
export function parseCgroupPaths(text: string): string[] {
  const entries = text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    return match ? [{ controllers: match[1] ?? '', path: match[2] ?? '' }] : [];
  });
  const rank = (controllers: string): number => ['', 'name=systemd'].indexOf(controllers) + 1 || 3;
  return entries.sort((a, b) => rank(a.controllers) - rank(b.controllers)).map((entry) => entry.path);
}

/** The innermost container that one of the paths names. */
export function cgroupOwner(paths: readonly string[]): CgroupOwner | null {
  for (const path of paths) {
    const parts = path.split('/').filter(Boolean);
    for (let at = parts.length - 1; at >= 0; at--) {
      const owner = ownerOf(parts, at);
      if (owner) return owner;
    }
  }
  return null;
}

/** The systemd unit whose own cgroup this is, such as `nginx.service`. */
export function cgroupService(paths: readonly string[]): string | null {
  const last = paths[0]?.split('/').pop() ?? '';
  return last.endsWith('.service') && last !== '.service' ? unescapeUnit(last) : null;
}

const BY_NAME: readonly { engine: string; pattern: RegExp }[] = [
  { engine: 'docker', pattern: new RegExp(`^docker-${HEX_ID}\\.scope$`) },
  { engine: 'podman', pattern: new RegExp(`^libpod-(payload-)?${HEX_ID}(\\.scope)?$`) },
  { engine: 'kubernetes', pattern: new RegExp(`^(cri-containerd|crio)-${HEX_ID}(\\.scope)?$`) },
  { engine: 'lxc', pattern: /^lxc\.payload\.(?<id>.+)$/ },
  // What is meant for systemd (SLICE:PREFIX:ID), given to a runc that makes cgroups itself: it is one folder's name then.
  { engine: 'docker', pattern: new RegExp(`^[^:]*:docker:${HEX_ID}$`) },
  { engine: 'podman', pattern: new RegExp(`^[^:]*:libpod:${HEX_ID}$`) },
  { engine: 'kubernetes', pattern: new RegExp(`^[^:]*:(cri-containerd|crio):${HEX_ID}$`) },
];

function ownerOf(parts: readonly string[], at: number): CgroupOwner | null {
  const part = parts[at] ?? '';
  for (const { engine, pattern } of BY_NAME) {
    const id = pattern.exec(part)?.groups?.['id'];
    if (id !== undefined) return { engine, id, name: shortId(id) };
  }
  return nspawn(parts, at) ?? byParent(parts, at);
}

/** systemd-nspawn puts what runs inside below `payload`, itself below `supervisor`. */
function nspawn(parts: readonly string[], at: number): CgroupOwner | null {
  if (parts[at + 1] !== 'payload') return null;
  const match = /^(machine-|systemd-nspawn@)(.+)\.(scope|service)$/.exec(parts[at] ?? '');
  if (!match) return null;
  const name = unescapeUnit(match[2] ?? '');
  return { engine: 'nspawn', id: name, name };
}

/** Engines that name the cgroup by the bare id and are known by the cgroup above. */
function byParent(parts: readonly string[], at: number): CgroupOwner | null {
  const part = parts[at] ?? '';
  const parent = parts[at - 1];
  if (parent === 'lxc' || parent === 'lxc.payload') return { engine: 'lxc', id: part, name: part };
  if (parent === 'buildkit') return { engine: 'buildkit', id: part, name: shortId(part) };
  if (!isWholeId(part)) return null;
  const above = parts.slice(0, at);
  // With `--cgroup-parent` the cgroup above says nothing; that it is a container is still plain.
  const engine = above.some((name) => name.startsWith('kubepods'))
    ? 'kubernetes'
    : parent === 'docker'
      ? 'docker'
      : 'container';
  return { engine, id: part, name: shortId(part) };
}

/** systemd writes some characters of a unit's name as `\x2d` (systemd.unit(5)). */
function unescapeUnit(text: string): string {
  return text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
