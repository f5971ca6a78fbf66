// Files of SQLite (https://www.sqlite.org/fileformat2.html), in which Podman from 4.8 on keeps what it knows. Pure: bytes in,
// values out. The file is somebody else's and may be written meanwhile, so every offset and length is checked, every walk
// ends, and what was found counts only where no transaction wrote in between. Left out: SQL, writing, locks, write-ahead
// logs, tables without a rowid, text that is not UTF-8.
import type { ReadAt } from './bolt';

/** Text and blobs are bytes. Null also stands for a number that is no integer. */
type Value = Buffer | number | null;
export type Row = readonly Value[];

interface Cell {
  /** In a branch: the page of what comes before this cell; in a table's, with it. */
  readonly child: number;
  /** Of a table alone. */
  readonly rowid: number;
  /** Of a table's leaf and of an index: read only when asked for, since it may lie on many pages. */
  readonly row: () => Row;
}

interface Page {
  readonly isLeaf: boolean;
  /** In the order of their keys. */
  readonly cells: readonly Cell[];
  /** In a branch: the page of what comes after all cells. */
  readonly last: number;
}

const MAGIC = 'SQLite format 3\0';
const HEADER = 100;
/** Of the kinds of journals, the one whose transactions are all in this file once they have ended. */
const ROLLBACK_JOURNAL = 1;
const UTF8 = 1;
const [INDEX_BRANCH, TABLE_BRANCH, INDEX_LEAF, TABLE_LEAF] = [2, 5, 10, 13];
/** A tree of a thousand million rows has ten levels or so. */
const DEEPEST = 20;
/** For all that is read in one go: a row is found within a few pages, and what Podman notes of a container fits into a hundred. */
const MOST_BYTES = 2 << 20;
const ATTEMPTS = 3;

/**
 * What `look` finds, all of it as one transaction left it; null where the file is broken or of another form, or is written too
 * long. `isWritten` tells whether there is a journal, which is there as long as a transaction writes (lockingv3.html).
 */
export function readSqlite<T>(readAt: ReadAt, isWritten: () => boolean, look: (database: Database) => T): T | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const before = changeCounter(readAt);
      if (before === null) return null;
      if (isWritten()) continue;
      const found = look(new Database(readAt));
      if (!isWritten() && changeCounter(readAt) === before) return found;
    } catch {
      // Torn by who writes, or broken for good: another look tells.
    }
  }
  return null;
}

/** What each transaction that changes the file counts up; null where it is no file that can be read here. */
function changeCounter(readAt: ReadAt): number | null {
  const header = readAt(0, HEADER);
  const isOurs =
    header.length === HEADER &&
    header.toString('latin1', 0, MAGIC.length) === MAGIC &&
    header[19] === ROLLBACK_JOURNAL &&
    header.readUInt32BE(56) === UTF8;
  return isOurs ? header.readUInt32BE(24) : null;
}

export class Database {
  readonly #pages: Pages;
  /** Each row tells of a table or an index: kind, name, table, first page, SQL. */
  readonly #schema: readonly Row[];

  constructor(readAt: ReadAt) {
    this.#pages = new Pages(readAt);
    this.#schema = [...rows(this.#pages, 1)];
  }

  /** The row of `table` whose first column is `key`, where that column is its primary key and text; null where there is none. */
  find(table: string, key: string): Row | null {
    // SQLite makes this index by itself for the first column that has to be unique.
    const [root, index] = [this.#firstPage(table), this.#firstPage(`sqlite_autoindex_${table}_1`)];
    if (root === null || index === null) return null;
    const rowid = findRowid(this.#pages, index, Buffer.from(key));
    return rowid === null ? null : rowAt(this.#pages, root, rowid);
  }

  #firstPage(name: string): number | null {
    const page = this.#schema.find((row) => textOf(row[1]) === name)?.[3];
    return typeof page === 'number' ? page : null;
  }
}

export function textOf(value: Value | undefined): string | null {
  return Buffer.isBuffer(value) ? value.toString() : null;
}

function* rows(pages: Pages, id: number, depth = 0): Generator<Row> {
  if (depth === DEEPEST) throw new RangeError('a tree without end');
  const { isLeaf, cells, last } = pages.read(id);
  for (const cell of cells) {
    if (isLeaf) yield cell.row();
    else yield* rows(pages, cell.child, depth + 1);
  }
  if (!isLeaf) yield* rows(pages, last, depth + 1);
}

/** An index has rows of the column's value and the rowid, in branches too. */
function findRowid(pages: Pages, index: number, key: Buffer): number | null {
  let id = index;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { isLeaf, cells, last } = pages.read(id);
    let below = last;
    for (const cell of cells) {
      const [value, rowid] = cell.row();
      if (!Buffer.isBuffer(value) || typeof rowid !== 'number') throw new RangeError('no index of text');
      const order = key.compare(value);
      if (order === 0) return rowid;
      if (order > 0) continue;
      below = cell.child;
      break;
    }
    if (isLeaf) return null;
    id = below;
  }
  throw new RangeError('a tree without end');
}

function rowAt(pages: Pages, root: number, rowid: number): Row | null {
  let id = root;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const { isLeaf, cells, last } = pages.read(id);
    const cell = cells.find((each) => each.rowid >= rowid);
    if (isLeaf) return cell?.rowid === rowid ? cell.row() : null;
    id = cell?.child ?? last;
  }
  throw new RangeError('a tree without end');
}

class Pages {
  readonly #size: number;
  /** Without what extensions of SQLite keep at the end of each page. */
  readonly #usable: number;
  #left = MOST_BYTES;

  constructor(private readonly readAt: ReadAt) {
    const header = readAt(0, HEADER);
    if (header.length !== HEADER) throw new RangeError('no header');
    const size = header.readUInt16BE(16);
    this.#size = size === 1 ? 65_536 : size;
    this.#usable = this.#size - header.readUInt8(20);
    if (this.#size < 512 || this.#usable < 480) throw new RangeError(`pages of ${size} bytes`);
  }

  /** Pages are counted from 1. */
  read(id: number): Page {
    const page = this.#bytes(id);
    const start = id === 1 ? HEADER : 0;
    const kind = page.readUInt8(start);
    if (![INDEX_BRANCH, TABLE_BRANCH, INDEX_LEAF, TABLE_LEAF].includes(kind)) throw new RangeError('no page of a tree');
    const isLeaf = kind === INDEX_LEAF || kind === TABLE_LEAF;
    const pointers = start + (isLeaf ? 8 : 12);
    const cells = Array.from({ length: page.readUInt16BE(start + 3) }, (_, at) =>
      this.#cell(page, kind, page.readUInt16BE(pointers + 2 * at)),
    );
    return { isLeaf, cells, last: isLeaf ? 0 : page.readUInt32BE(start + 8) };
  }

  #cell(page: Buffer, kind: number, start: number): Cell {
    const bytes = new Cursor(page, start);
    const child = kind === INDEX_BRANCH || kind === TABLE_BRANCH ? bytes.uint32() : 0;
    const length = kind === TABLE_BRANCH ? 0 : bytes.varint();
    const rowid = kind === TABLE_BRANCH || kind === TABLE_LEAF ? bytes.varint() : 0;
    const { at } = bytes;
    const row = (): Row => parseRecord(this.#payload(page, at, length, kind === TABLE_LEAF));
    return { child, rowid, row };
  }

  /** What does not fit into the page is in a chain of others; how much of it stays is the format's own rule. */
  #payload(page: Buffer, at: number, length: number, inTable: boolean): Buffer {
    const usable = this.#usable;
    const most = inTable ? usable - 35 : Math.floor(((usable - 12) * 64) / 255) - 23;
    if (length <= most) return slice(page, at, length);
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const fitting = least + ((length - least) % (usable - 4));
    const here = fitting <= most ? fitting : least;
    const parts = [slice(page, at, here)];
    let next = slice(page, at + here, 4).readUInt32BE();
    for (let left = length - here; left > 0; left -= usable - 4) {
      const more = this.#bytes(next);
      parts.push(more.subarray(4, 4 + Math.min(left, usable - 4)));
      next = more.readUInt32BE();
    }
    return Buffer.concat(parts);
  }

  #bytes(id: number): Buffer {
    this.#left -= this.#size;
    if (this.#left < 0) throw new RangeError('too many pages');
    if (id === 0) throw new RangeError('there is no page 0');
    const bytes = this.readAt((id - 1) * this.#size, this.#size);
    if (bytes.length !== this.#size) throw new RangeError(`page ${id} is cut off`);
    return bytes;
  }
}

/** A header with its own length and a number for each value that tells its type and length, then the values. */
function parseRecord(record: Buffer): Row {
  const header = new Cursor(record, 0);
  const values = header.varint();
  const body = new Cursor(record, values);
  const found: Value[] = [];
  while (header.at < values) found.push(parseValue(body, header.varint()));
  return found;
}

/** Bytes of an integer, by type. */
const INTEGERS = [0, 1, 2, 3, 4, 6, 8];

function parseValue(body: Cursor, type: number): Value {
  if (type >= 12) return body.take((type - (type % 2) - 12) / 2);
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) body.take(8);
  const length = INTEGERS[type] ?? 0;
  if (length === 0) return null;
  const bytes = body.take(length);
  return length === 8 ? safe(bytes.readBigInt64BE()) : bytes.readIntBE(0, length);
}

class Cursor {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  take(length: number): Buffer {
    const taken = slice(this.bytes, this.at, length);
    this.at += length;
    return taken;
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  /** Seven bits a byte, the highest first, as long as a byte's first bit is set; of a ninth byte all eight. */
  varint(): number {
    let value = 0n;
    for (let count = 1; ; count++) {
      const byte = this.take(1).readUInt8();
      if (count === 9) return safe(BigInt.asIntN(64, (value << 8n) | BigInt(byte)));
      value = (value << 7n) | BigInt(byte & 0x7f);
      if (byte < 0x80) return Number(value);
    }
  }
}

function slice(bytes: Buffer, at: number, length: number): Buffer {
  if (length < 0 || at + length > bytes.length) throw new RangeError('more than there is');
  return bytes.subarray(at, at + length);
}

function safe(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is too large`);
  return number;
}
