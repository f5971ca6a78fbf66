// What a program or library tells the dynamic loader (elf(5), ld.so(8)): which loader, and where to search. Nothing else of it.
import { closeSync, openSync, readSync } from 'node:fs';

export interface LoaderWords {
  readonly interpreter: string | null;
  /** Folders to search, as they are written there: `$ORIGIN` stands for the folder of the file itself. */
  readonly searched: readonly string[];
}

const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];
const [DT_STRTAB, DT_RPATH, DT_RUNPATH] = [5, 15, 29];
/** Of a path, a list of folders, and of each table. */
const MOST_BYTES = 64 << 10;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Throws for what is no ELF file of a little-endian machine. */
export function readLoaderWords(path: string): LoaderWords {
  const fd = openSync(path, 'r');
  try {
    const read = (offset: number, length: number): Buffer => {
      const bytes = Buffer.alloc(Math.min(length, MOST_BYTES));
      return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
    };
    return wordsOf(read);
  } finally {
    closeSync(fd);
  }
}

function wordsOf(read: (offset: number, length: number) => Buffer): LoaderWords {
  const header = read(0, 64);
  if (header.length < 52 || header.readUInt32BE(0) !== 0x7f454c46 || header[5] !== 1)
    throw new TypeError('is not an ELF file for this machine');
  const wide = header[4] === 2;
  const word = (bytes: Buffer, at: number): number =>
    wide ? Number(bytes.readBigUInt64LE(at)) : bytes.readUInt32LE(at);
  const segments = segmentsOf(header, read, { wide, word });
  const textAt = (offset: number): string => {
    const bytes = read(offset, MOST_BYTES);
    return bytes.toString('utf8', 0, bytes.indexOf(0));
  };
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const entries = dynamic ? entriesOf(read(dynamic.offset, dynamic.size), wide ? 8 : 4, word) : [];
  const table = entries.find(([tag]) => tag === DT_STRTAB)?.[1] ?? 0;
  const loaded = segments.find(
    ({ type, address, size }) => type === PT_LOAD && address <= table && table < address + size,
  );
  const texts = loaded ? loaded.offset + table - loaded.address : 0;
  const lists = entries.filter(([tag]) => tag === DT_RPATH || tag === DT_RUNPATH).map(([, at]) => textAt(texts + at));
  return {
    interpreter: interpreter ? textAt(interpreter.offset) : null,
    searched: lists.flatMap((list) => list.split(':')),
  };
}

interface Width {
  readonly wide: boolean;
  readonly word: (bytes: Buffer, at: number) => number;
}

function segmentsOf(
  header: Buffer,
  read: (offset: number, length: number) => Buffer,
  { wide, word }: Width,
): Segment[] {
  const [start, size, count] = wide
    ? [word(header, 32), header.readUInt16LE(54), header.readUInt16LE(56)]
    : [word(header, 28), header.readUInt16LE(42), header.readUInt16LE(44)];
  const table = read(start, size * count);
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * size, (index + 1) * size);
    const [offset, address, bytes] = wide ? [8, 16, 32] : [4, 8, 16];
    return {
      type: entry.readUInt32LE(0),
      offset: word(entry, offset),
      address: word(entry, address),
      size: word(entry, bytes),
    };
  });
}

/** Pairs of tag and value. */
function entriesOf(table: Buffer, width: number, word: Width['word']): [tag: number, value: number][] {
  return Array.from({ length: Math.floor(table.length / (2 * width)) }, (_, index) => [
    word(table, 2 * width * index),
    word(table, 2 * width * index + width),
  ]);
}
