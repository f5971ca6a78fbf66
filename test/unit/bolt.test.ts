// The reader of bbolt's files, on one that containerd 1.6 made: sixty containers `many-NN`, one with forty labels of three
// kilobytes (a tree with branches, and pages that flow over), `web` with labels as nerdctl sets them. The very last
// transaction gave many-00 the label `changed`.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readBolt, type Bucket, type ReadAt } from '../../helper/scan/runtimes/bolt';
import { containerdRecord, podmanRecord } from '../../helper/scan/runtimes/databases';

const REAL = gunzipSync(readFileSync(join(process.cwd(), 'test/fixtures/bolt/containerd.db.gz')));
const PAGE = 4096;
const UID = process.getuid?.() ?? 0;

const from =
  (file: Buffer): ReadAt =>
  (offset, length) =>
    file.subarray(offset, offset + length);
const containers = (root: Bucket): Bucket | null => root.bucket('v1')?.bucket('demo')?.bucket('containers') ?? null;
const labelsOf =
  (id: string) =>
  (root: Bucket): Record<string, string> | null => {
    const labels = containers(root)?.bucket(id)?.bucket('labels')?.values();
    return labels ? Object.fromEntries(labels.map(([key, value]) => [key.toString(), value.toString()])) : null;
  };
/** All that is there, so that no part of the file is left unread. */
const everything = (root: Bucket): object =>
  [...Array.from({ length: 60 }, (_, at) => `many-${String(at).padStart(2, '0')}`), 'large', 'web'].map((id) =>
    labelsOf(id)(root),
  );

function changed(change: (file: Buffer) => void): Buffer {
  const copy = Buffer.from(REAL);
  change(copy);
  return copy;
}

/** Where the meta page is that the last transaction wrote. */
const NEWEST = REAL.readBigUInt64LE(64) > REAL.readBigUInt64LE(PAGE + 64) ? 0 : PAGE;

describe('scan: bbolt’s files', () => {
  it('finds what is there, in small buckets and in trees of pages', () => {
    for (const id of ['many-00', 'many-31', 'many-59']) {
      assert.equal(readBolt(from(REAL), labelsOf(id))?.['n'], id.slice(-2));
    }
    const large = readBolt(from(REAL), labelsOf('large')) ?? {};
    assert.equal(Object.keys(large).length, 40);
    for (let at = 1; at <= 40; at++) assert.equal(large[`large-${at}`], String(at % 10).repeat(3000));
    assert.deepEqual(readBolt(from(REAL), labelsOf('many-00')), { n: '00', changed: 'last' });
  });

  it('finds nothing else', () => {
    for (const id of ['', 'a', 'many', 'many-60', 'zzz', 'web\0']) {
      assert.equal(readBolt(from(REAL), labelsOf(id)), null, id);
    }
    readBolt(from(REAL), (root) => {
      assert.equal(root.get('v1'), null, 'a bucket is no value');
      assert.equal(containers(root)?.bucket('web')?.bucket('image'), null, 'a value is no bucket');
      assert.equal(containers(root)?.bucket('web')?.get('image')?.toString(), 'localhost/bb:1');
    });
  });

  it('gives the state before where the last one was not written to its end', () => {
    const torn = changed((file) => file.fill(0, NEWEST + 40, NEWEST + 80));
    assert.deepEqual(readBolt(from(torn), labelsOf('many-00')), { n: '00' });
    const neither = changed((file) => file.fill(0, 16, 80).fill(0, PAGE + 16, PAGE + 80));
    assert.equal(readBolt(from(neither), everything), null);
  });

  it('gives nothing of what a writer changed meanwhile, and the newest state once it rests', () => {
    // Another transaction ends whenever the first meta page is looked at.
    let looks = 0;
    const restless = (until: number): ReadAt => {
      looks = 0;
      return (offset, length) => {
        if (offset !== NEWEST || length === PAGE || ++looks > until) return from(REAL)(offset, length);
        return from(changed((file) => file.fill(0, NEWEST + 40, NEWEST + 80)))(offset, length);
      };
    };
    assert.equal(readBolt(restless(1), labelsOf('many-00'))?.['changed'], 'last');
    const flickering: ReadAt = (offset, length) =>
      offset === NEWEST && length !== PAGE && ++looks % 2 === 0 ? Buffer.alloc(length) : from(REAL)(offset, length);
    looks = 0;
    assert.equal(readBolt(flickering, everything), null);
  });

  it('gives nothing of no file, half a file, or one that cannot be read', () => {
    assert.equal(readBolt(from(Buffer.alloc(0)), everything), null);
    assert.equal(readBolt(from(Buffer.from('SQLite format 3\0')), everything), null);
    assert.equal(readBolt(from(REAL.subarray(0, 2 * PAGE)), everything), null);
    const failing: ReadAt = () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    assert.equal(readBolt(failing, everything), null);
  });

  it('comes to an end in a tree that leads back to itself', () => {
    // A page as bbolt writes it, but its only child is it.
    const root = Number(REAL.readBigUInt64LE(NEWEST + 32));
    const circle = changed((file) => {
      const page = file.subarray(root * PAGE, (root + 1) * PAGE);
      page.writeUInt16LE(1, 8);
      page.writeUInt16LE(1, 10);
      page.writeUInt32LE(0, 12);
      page.writeUInt32LE(16, 16);
      page.writeUInt32LE(0, 20);
      page.writeBigUInt64LE(BigInt(root), 24);
    });
    let reads = 0;
    const counting: ReadAt = (offset, length) => {
      reads++;
      return from(circle)(offset, length);
    };
    assert.equal(
      readBolt(counting, (bucket) => bucket.values()),
      null,
    );
    assert.equal(
      readBolt(counting, (bucket) => bucket.get('v1')),
      null,
    );
    assert.ok(reads < 1000, `${reads} reads`);
  });

  it('takes any damage without an exception, within bounded reading', () => {
    const used = 60 * PAGE;
    const damage = fc.array(
      fc.tuple(
        fc.nat(used - 8),
        fc.oneof(
          fc.constantFrom(0n, 1n, 0xffffn, 0xffffffffn, 0xffffffffffffffffn),
          fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }),
        ),
      ),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(damage, (places) => {
        const broken = changed((file) => {
          // Headers of pages and elements are where it hurts; the meta pages stay right.
          for (const [at, value] of places) file.writeBigUInt64LE(value, Math.max(2 * PAGE, at - (at % 8)));
        });
        let bytes = 0;
        readBolt((offset, length) => {
          bytes += length;
          return from(broken)(offset, length);
        }, everything);
        assert.ok(bytes <= 3 * (9 << 20), `${bytes} bytes`);
      }),
      { numRuns: 150 },
    );
  });

  describe('in a file', () => {
    let folder = '';
    let path = '';
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'lns-bolt-'));
      path = join(folder, 'meta.db');
      writeFileSync(path, REAL);
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it('are containerd’s image and labels, without its own notes', () => {
      const labels = {
        'com.docker.compose.project': 'shop',
        'com.docker.compose.service': 'web',
        'nerdctl/name': 'web',
        odd: 'a b=c\nd',
      };
      assert.deepEqual(containerdRecord(path, UID, { namespace: 'demo', id: 'web' }), {
        image: 'localhost/bb:1',
        labels,
      });
      assert.equal(containerdRecord(path, UID, { namespace: 'other', id: 'web' }), null);
      assert.equal(containerdRecord(path, UID + 1, { namespace: 'demo', id: 'web' }), null, 'another’s file');
    });

    it('is nothing of Podman’s in containerd’s, nor in SQLite’s', () => {
      assert.equal(podmanRecord(path, UID, 'web'), null);
      writeFileSync(path, 'SQLite format 3\0');
      assert.equal(podmanRecord(path, UID, 'web'), null);
      assert.equal(podmanRecord(join(folder, 'none'), UID, 'web'), null);
    });
  });
});
