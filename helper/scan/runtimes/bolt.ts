// Files of bbolt (go.etcd.io/bbolt), in which containerd, and Podman before 5, keep what they know. Pure: bytes in, values
// out. The file is somebody else's and may be written meanwhile, so every offset and length is checked, every walk ends,
// and what was found counts only where no transaction ended in between. Left out: writing, locks, cursors.

/** As many bytes as there are, at most `length`. */
export type ReadAt = (offset: number, length: number) => Buffer;

interface Meta {
  readonly pageSize: number;
  /** The page of the bucket that holds all others. */
  readonly root: number;
  /** Pages from this number on are not in use. */
  readonly end: number;
  readonly transaction: number;
}

interface Element {
  readonly key: Buffer;
  /** Empty in a branch. */
  readonly value: Buffer;
  /** In a branch: the page below. */
  readonly child: number;
  readonly isBucket: boolean;
}

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const [BRANCH, LEAF, META] = [1, 2, 4];
const BUCKET = 1;
/** Of a page, of each element in it, and of a value that is a bucket: its page, and a counter. */
const HEADER = 16;
/** bbolt takes the size of the machine's pages. */
const PAGE_SIZES = [4096, 8192, 16_384, 32_768, 65_536];
/** A tree of a thousand million keys has ten levels or so. */
const DEEPEST = 20;
/** For all that is read in one go: a key is found within a few pages. */
const MOST_BYTES = 8 << 20;
const ATTEMPTS = 3;

/**
 * What `look` finds, all of it as one transaction left it; null where the file is broken, or is written too fast. A page is
 * never written over in the transaction that frees it, but in a later one: so all was right if the newest is the same still.
 */
export function readBolt<T>(readAt: ReadAt, look: (root: Bucket) => T): T | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const meta = newestMeta(readAt);
      if (!meta) return null;
      const pages = new Pages(readAt, meta);
      const found = look(new Bucket(pages, pages.read(meta.root)));
      if (newestMeta(readAt)?.transaction === meta.transaction) return found;
    } catch {
      // Torn by who writes, or broken for good: another look tells.
    }
  }
  return null;
}

export class Bucket {
  constructor(
    private readonly pages: Pages,
    private readonly root: Buffer,
  ) {}

  get(key: string): Buffer | null {
    const found = this.#find(Buffer.from(key));
    return found && !found.isBucket ? found.value : null;
  }

  bucket(key: string): Bucket | null {
    const found = this.#find(Buffer.from(key));
    return found?.isBucket ? this.#below(found) : null;
  }

  /** All keys with their values, but for buckets. */
  values(): [key: Buffer, value: Buffer][] {
    return this.#leaves(this.root, 0).flatMap(({ key, value, isBucket }) => (isBucket ? [] : [[key, value]]));
  }

  /** All buckets in it. */
  buckets(): [key: string, bucket: Bucket][] {
    return this.#leaves(this.root, 0).flatMap((element) =>
      element.isBucket ? [[element.key.toString(), this.#below(element)]] : [],
    );
  }

  #below({ value }: Element): Bucket {
    const page = number64(value, 0);
    // A small one lies within the value, behind its header.
    return new Bucket(this.pages, page === 0 ? value.subarray(HEADER) : this.pages.read(page));
  }

  #find(key: Buffer): Element | null {
    let page = this.root;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const inside = elements(page);
      if (isLeaf(page)) return inside.find((element) => element.key.equals(key)) ?? null;
      // Each branch is called by the first key below it; what comes before all of them would be put into the first.
      const below = inside.findLast((element) => element.key.compare(key) <= 0) ?? inside[0];
      if (!below) return null;
      page = this.pages.read(below.child);
    }
    throw new RangeError('a tree without end');
  }

  #leaves(page: Buffer, depth: number): Element[] {
    if (depth === DEEPEST) throw new RangeError('a tree without end');
    if (isLeaf(page)) return elements(page);
    return elements(page).flatMap(({ child }) => this.#leaves(this.pages.read(child), depth + 1));
  }
}

class Pages {
  #left = MOST_BYTES;

  constructor(
    private readonly readAt: ReadAt,
    private readonly meta: Meta,
  ) {}

  /** A page with those behind it that it flows over into. */
  read(id: number): Buffer {
    const { pageSize, end } = this.meta;
    if (id >= end) throw new RangeError(`page ${id} is not in use`);
    const first = this.#read(id, pageSize);
    if (number64(first, 0) !== id) throw new RangeError(`page ${id} says that it is another`);
    const more = first.readUInt32LE(12);
    return more === 0 ? first : this.#read(id, (more + 1) * pageSize);
  }

  #read(id: number, length: number): Buffer {
    this.#left -= length;
    if (this.#left < 0) throw new RangeError('too many pages');
    const bytes = this.readAt(id * this.meta.pageSize, length);
    if (bytes.length !== length) throw new RangeError(`page ${id} is cut off`);
    return bytes;
  }
}

/** There are two, at the start of the first two pages, written in turn; one that was being written has a wrong checksum. */
function newestMeta(readAt: ReadAt): Meta | null {
  const first = metaAt(readAt, 0);
  // Where the first is torn, it cannot say where the second page begins.
  const sizes = first ? [first.pageSize] : PAGE_SIZES;
  const second = sizes.map((size) => metaAt(readAt, size)).find((meta) => meta !== null);
  if (!first || !second) return first ?? second ?? null;
  return first.transaction > second.transaction ? first : second;
}

function metaAt(readAt: ReadAt, offset: number): Meta | null {
  const page = readAt(offset, HEADER + 64);
  if (page.length !== HEADER + 64 || page.readUInt16LE(8) !== META) return null;
  const meta = page.subarray(HEADER);
  if (meta.readUInt32LE(0) !== MAGIC || meta.readUInt32LE(4) !== VERSION) return null;
  if (meta.readBigUInt64LE(56) !== fnv1a(meta.subarray(0, 56))) return null;
  const pageSize = meta.readUInt32LE(8);
  if (!PAGE_SIZES.includes(pageSize) || (offset !== 0 && offset !== pageSize)) return null;
  return { pageSize, root: number64(meta, 16), end: number64(meta, 40), transaction: number64(meta, 48) };
}

/** Keys and values of one page lie beside each other, so together they are no larger than it. */
function elements(page: Buffer): Element[] {
  const leaf = isLeaf(page);
  if (!leaf && page.readUInt16LE(8) !== BRANCH) throw new RangeError('neither branch nor leaf');
  let left = page.length;
  return Array.from({ length: page.readUInt16LE(10) }, (_, index) => {
    const at = HEADER * (index + 1);
    const [position, keySize, valueSize] = leaf
      ? [page.readUInt32LE(at + 4), page.readUInt32LE(at + 8), page.readUInt32LE(at + 12)]
      : [page.readUInt32LE(at), page.readUInt32LE(at + 4), 0];
    left -= HEADER + keySize + valueSize;
    const start = at + position;
    if (left < 0 || start + keySize + valueSize > page.length) throw new RangeError('an element outside of its page');
    return {
      key: page.subarray(start, start + keySize),
      value: page.subarray(start + keySize, start + keySize + valueSize),
      child: leaf ? 0 : number64(page, at + 8),
      isBucket: leaf && page.readUInt32LE(at) === BUCKET,
    };
  });
}

function isLeaf(page: Buffer): boolean {
  return page.readUInt16LE(8) === LEAF;
}

function number64(bytes: Buffer, at: number): number {
  const value = Number(bytes.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is too large`);
  return value;
}

/** The checksum of a meta page: FNV-1a of 64 bits. */
function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash;
}
