// Names of what people's own sandbox programs make: Flatpak and bubblewrap, Firejail, and what a user's own engine runs in.
// Reads what everybody may read, and what Flatpak tells inside of its sandboxes.
import { tryReadRecord } from '../procfs';
import { facts, type Facts } from './facts';
import { readTrusted } from './trusted';

/**
 * The application that runs in a sandbox, by the file that Flatpak puts into it and its own portals go by. `folder` is that
 * of a process of the sandbox in /proc, `uid` the user who made it.
 */
export function flatpakFacts(folder: string, uid: number): Facts | null {
  const info = readTrusted(`${folder}/root/.flatpak-info`, uid);
  return info === null ? null : parseFlatpakInfo(info);
}

/** Of a key file (Desktop Entry Specification). A runtime can be run by itself, to look into it. */
function parseFlatpakInfo(text: string): Facts | null {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const [, key = '', value = ''] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
    if (key !== '' && !values.has(`${section}/${key}`)) values.set(`${section}/${key}`, value);
  }
  const of = ['Application', 'Runtime'].find((name) => values.get(`${name}/name`));
  const name = values.get(`${of ?? ''}/name`);
  if (of === undefined || name === undefined) return null;
  const runtime = values.get(`${of}/runtime`)?.replace(/^runtime\//, '') ?? null;
  return { ...facts('flatpak', name, values.get('Instance/instance-id') ?? null), image: runtime };
}

/** The application that a Flatpak's cgroup names: `app-flatpak-org.example.App-1234.scope`. */
export function flatpakName(cgroupPaths: readonly string[]): string | null {
  const last = cgroupPaths[0]?.split('/').pop() ?? '';
  return /^app-flatpak-(.+)-\d+\.scope$/.exec(last)?.[1] ?? null;
}

/** Firejail writes a sandbox's name into a file that is called after the pid of its outer process. */
export function firejailName(outerPid: number, folder = '/run/firejail/name'): string | null {
  return tryReadRecord(`${folder}/${outerPid}`)?.trim() || null;
}

const ROOTLESS: readonly { name: string; programs: readonly string[] }[] = [
  { name: 'rootless Docker', programs: ['dockerd'] },
  { name: 'rootless containerd', programs: ['containerd'] },
  // Its pause process keeps the namespaces from one command to the next: catatonit, or where there is none, itself.
  { name: 'rootless Podman', programs: ['catatonit', 'conmon', 'podman'] },
];

/**
 * The engine of a user's own that runs in a user namespace, by the programs there: not a container, but where the engine
 * makes its containers, and where their files and users are what the engine sees.
 */
export function rootlessName(programs: readonly string[]): string | null {
  return ROOTLESS.find((engine) => engine.programs.some((program) => programs.includes(program)))?.name ?? null;
}
