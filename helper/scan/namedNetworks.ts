// The network namespaces that have a name: files of `ip netns add` (ip-netns(8)). Everybody may ask for their inode.
import { readdirSync, statSync } from 'node:fs';
import { textOf } from './parse';

export interface NamedNetwork {
  /** See textOf(). */
  readonly name: string;
  readonly inode: number;
}

/** Sorted by name, so that of two names for one network it is always the same that counts. */
export function readNamedNetworks(folder = '/run/netns'): NamedNetwork[] {
  try {
    const namespaces = statSync('/proc/self/ns/net').dev;
    return readdirSync(folder, 'buffer')
      .sort((a, b) => a.compare(b))
      .flatMap((name) => {
        const file = statSync(Buffer.concat([Buffer.from(`${folder}/`), name]), { throwIfNoEntry: false });
        // Where the mount is gone an empty file stays behind, whose inode number means nothing.
        return file?.dev === namespaces ? [{ name: textOf(name), inode: file.ino }] : [];
      });
  } catch {
    // No namespace was ever named here.
    return [];
  }
}
