// Writes tar archives (POSIX ustar) in memory, as far as small test images need them: files, folders, symbolic links.

export type TarEntry =
  | { name: string; type: 'file'; data: Buffer | string; mode?: number }
  | { name: string; type: 'folder'; mode?: number }
  | { name: string; type: 'link'; target: string };

const BLOCK = 512;
const TYPE_FLAG = { file: '0', link: '2', folder: '5' };
const DEFAULT_MODE = { file: 0o644, link: 0o777, folder: 0o755 };

function header(entry: TarEntry, size: number): Buffer {
  if (Buffer.byteLength(entry.name) > 100) throw new Error(`tar: name longer than 100 bytes: ${entry.name}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(value.toString(8).padStart(width - 1, '0'), offset, 'latin1');
  };
  const mode = entry.type === 'link' ? undefined : entry.mode;
  block.write(entry.name, 0);
  octal(mode ?? DEFAULT_MODE[entry.type], 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(size, 124, 12);
  octal(0, 136, 12); // time of change: none, so that the same input gives the same archive
  block.write(TYPE_FLAG[entry.type], 156);
  if (entry.type === 'link') block.write(entry.target, 157);
  block.write('ustar\u000000', 257, 'latin1');
  // The checksum is taken with its own field read as eight spaces.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const data = entry.type === 'file' ? Buffer.from(entry.data) : Buffer.alloc(0);
    parts.push(header(entry, data.length), data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}
