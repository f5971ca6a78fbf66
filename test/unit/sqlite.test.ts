// The reader of SQLite's files, beside SQLite itself: on files that it makes here, with the tables that Podman 5 has.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ReadAt } from '../../helper/scan/runtimes/bolt';
import { podmanRecord } from '../../helper/scan/runtimes/databases';
import { podmanStored } from '../../helper/scan/runtimes/podman';
import { readSqlite, textOf, type Database, type Row } from '../../helper/scan/runtimes/sqlite';

/** What is used here of Node's own SQLite, which the Node that runs the tests has and the helper's oldest has not. */
interface Sqlite {
  readonly DatabaseSync: new (path: string) => {
    exec(sql: string): void;
    prepare(sql: string): { run(...values: (string | number | null | Uint8Array)[]): unknown };
    close(): void;
  };
}
const { DatabaseSync } = process.getBuiltinModule('node:sqlite') as unknown as Sqlite;
type Connection = InstanceType<Sqlite['DatabaseSync']>;

const UID = process.getuid?.() ?? 0;

/** As Podman makes them, but for the references among them. */
const TABLES = `
  CREATE TABLE ContainerConfig(ID TEXT PRIMARY KEY NOT NULL, Name TEXT UNIQUE NOT NULL, PodID TEXT, JSON TEXT NOT NULL);
  CREATE TABLE ContainerState(ID TEXT PRIMARY KEY NOT NULL, State INTEGER NOT NULL, ExitCode INTEGER, JSON TEXT NOT NULL);
  CREATE TABLE PodConfig(ID TEXT PRIMARY KEY NOT NULL, Name TEXT UNIQUE NOT NULL, JSON TEXT NOT NULL);
  CREATE TABLE VolumeConfig(Name TEXT PRIMARY KEY NOT NULL, StorageID TEXT, JSON TEXT NOT NULL);`;

const idOf = (number: number): string => number.toString(16).padStart(64, '0');

interface Made {
  readonly id: string;
  readonly name: string;
  readonly pod: string | null;
  readonly labels: Record<string, string>;
}

function addContainer(database: Connection, { id, name, pod, labels }: Made): void {
  const config = { id, name, rootfsImageName: `localhost/${name}:1`, labels, ...(pod === null ? {} : { pod }) };
  // Podman hands over bytes, and so the column, of text, has blobs.
  const bytes = new TextEncoder().encode(JSON.stringify(config));
  database.prepare('INSERT INTO ContainerConfig VALUES (?, ?, ?, ?)').run(id, name, pod, bytes);
}

describe('scan: SQLite’s files', () => {
  let folder = '';
  let path = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-sqlite-'));
    path = join(folder, 'db.sql');
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function make(fill: (database: Connection) => void, options = ''): Buffer {
    const database = new DatabaseSync(path);
    try {
      database.exec(`${options} PRAGMA synchronous = OFF; BEGIN; ${TABLES}`);
      fill(database);
      database.exec('COMMIT');
    } finally {
      database.close();
    }
    return readFileSync(path);
  }

  const from =
    (file: Buffer): ReadAt =>
    (offset, length) =>
      file.subarray(offset, offset + length);
  const look = <T>(file: Buffer, find: (database: Database) => T): T | null =>
    readSqlite(from(file), () => false, find);
  const container =
    (id: string) =>
    (database: Database): Row | null =>
      database.find('ContainerConfig', id);

  /** Enough for several levels of pages, and rows that flow over into others. */
  const many = (database: Connection): void => {
    for (let number = 0; number < 400; number++) {
      const labels = { n: String(number), long: 'x'.repeat((number % 7) * 3000) };
      addContainer(database, { id: idOf(number * 7919), name: `many-${number}`, pod: null, labels });
    }
  };

  for (const pageSize of [512, 4096, 65_536]) {
    it(`finds each row, and no other, in pages of ${pageSize} bytes`, () => {
      const file = make(many, `PRAGMA page_size = ${pageSize};`);
      for (let number = 0; number < 400; number++) {
        const row = look(file, container(idOf(number * 7919)));
        assert.equal(textOf(row?.[1]), `many-${number}`);
        const config = JSON.parse(textOf(row?.[3]) ?? '') as Made;
        assert.deepEqual(config.labels, { n: String(number), long: 'x'.repeat((number % 7) * 3000) });
      }
      for (const id of ['', '0', idOf(1), idOf(400 * 7919), 'zzz', `${idOf(0)}0`]) {
        assert.equal(look(file, container(id)), null, id);
      }
      assert.equal(
        look(file, (database) => database.find('NoTable', idOf(0))),
        null,
      );
    });
  }

  it('finds the rows that SQLite has after any changes', () => {
    const change = fc.record({
      key: fc.string({ unit: 'grapheme', maxLength: 40 }).filter((key) => !key.includes('\0')),
      exit: fc.option(fc.maxSafeInteger()),
      text: fc.string({ maxLength: 2000 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const wanted = new Map<string, { exit: number | null; text: string }>();
        const file = make((database) => {
          for (const { key, exit, text, remove } of changes) {
            database.prepare('DELETE FROM ContainerState WHERE ID = ?').run(key);
            wanted.delete(key);
            if (remove) continue;
            database.prepare('INSERT INTO ContainerState VALUES (?, 0, ?, ?)').run(key, exit, text);
            wanted.set(key, { exit, text });
          }
        }, 'PRAGMA page_size = 512;');
        rmSync(path);
        for (const { key } of changes) {
          const row = look(file, (database) => database.find('ContainerState', key));
          const found = row && { exit: row[2], text: textOf(row[3]) };
          assert.deepEqual(found, wanted.get(key) ?? null, key);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('gives nothing while a transaction writes, nor where one wrote meanwhile', () => {
    const file = make(many);
    const found = container(idOf(0));
    assert.equal(
      readSqlite(from(file), () => true, found),
      null,
    );
    let looks = 0;
    assert.ok(
      readSqlite(from(file), () => looks++ === 0, found),
      'once it rests',
    );
    // Each look at the file's header finds that another transaction has ended.
    let changes = 0;
    const restless: ReadAt = (offset, length) => {
      const bytes = Buffer.from(from(file)(offset, length));
      if (offset === 0) bytes.writeUInt32BE(++changes, 24);
      return bytes;
    };
    assert.equal(
      readSqlite(restless, () => false, found),
      null,
    );
  });

  it('gives nothing of a file of another form, half a file, or one that cannot be read', () => {
    const found = container(idOf(0));
    assert.equal(look(Buffer.alloc(0), found), null);
    assert.equal(look(Buffer.from('SQLite format 3\0'), found), null);
    assert.equal(look(make(many, 'PRAGMA journal_mode = WAL;'), found), null, 'with a write-ahead log');
    rmSync(path);
    assert.equal(look(make(many, 'PRAGMA encoding = "UTF-16";'), found), null, 'UTF-16');
    rmSync(path);
    const file = make(many);
    assert.equal(look(file.subarray(0, 4096), found), null);
    const failing: ReadAt = () => {
      throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    };
    assert.equal(
      readSqlite(failing, () => false, found),
      null,
    );
  });

  it('takes any damage without an exception, within bounded reading', () => {
    const file = make(many, 'PRAGMA page_size = 512;');
    const ids = [0, 200, 399].map((number) => idOf(number * 7919));
    const damage = fc.array(
      fc.tuple(fc.nat(file.length - 5), fc.oneof(fc.constantFrom(0, 1, 2, 0xffff, 0x7fffffff, 0xffffffff), fc.nat())),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(damage, (places) => {
        const broken = Buffer.from(file);
        // What leads to all else stays right; page headers, which lie at multiples of the size, are hit often.
        for (const [at, value] of places) {
          const place = value % 2 === 0 ? at : at - (at % 512) + (value % 12);
          if (place >= 512) broken.writeUInt32BE(value >>> 0, place);
        }
        let bytes = 0;
        const counting: ReadAt = (offset, length) => {
          bytes += length;
          return from(broken)(offset, length);
        };
        readSqlite(
          counting,
          () => false,
          (database) => ids.map((id) => container(id)(database)),
        );
        assert.ok(bytes <= 3 * (3 << 20), `${bytes} bytes`);
      }),
      { numRuns: 150 },
    );
  });

  it('comes to an end in a tree that leads back to itself', () => {
    const file = make(many);
    const branchOfTable = 5;
    let circles = 0;
    for (let at = 4096; at < file.length; at += 4096) {
      if (file.readUInt8(at) !== branchOfTable) continue;
      file.writeUInt16BE(0, at + 3);
      file.writeUInt32BE(at / 4096 + 1, at + 8);
      circles++;
    }
    assert.ok(circles > 0);
    assert.equal(look(file, container(idOf(0))), null);
  });

  describe('of Podman', () => {
    it('have a container’s present name, image, labels and pod', () => {
      const labels = { 'com.docker.compose.project': 'shop', odd: 'a b=c\nd' };
      make((database) => {
        many(database);
        database.prepare('INSERT INTO PodConfig VALUES (?, ?, ?)').run(idOf(1), 'pod1', '{}');
        addContainer(database, { id: idOf(2), name: 'web', pod: idOf(1), labels });
      });
      assert.deepEqual(podmanRecord(folder, UID, idOf(2)), {
        name: 'web',
        image: 'localhost/web:1',
        labels,
        pod: 'pod1',
        startedAt: null,
      });
      assert.equal(podmanRecord(folder, UID, idOf(0))?.pod, null);
      assert.equal(podmanRecord(folder, UID, idOf(3)), null, 'not there');
      assert.equal(podmanRecord(folder, UID + 1, idOf(2)), null, 'another’s file');
      writeFileSync(`${path}-journal`, 'x');
      assert.equal(podmanRecord(folder, UID, idOf(2)), null, 'while it is written');
    });

    it('are all of a storage, under their present names, but not what others keep in there', () => {
      make((database) => {
        database.prepare('INSERT INTO PodConfig VALUES (?, ?, ?)').run(idOf(1), 'pod1', '{}');
        addContainer(database, { id: idOf(2), name: 'renamed', pod: idOf(1), labels: { tier: 'x' } });
        addContainer(database, { id: idOf(3), name: 'once', pod: null, labels: {} });
        addContainer(database, { id: idOf(4), name: 'removed', pod: null, labels: {} });
        // In another pid namespace, say, which shares this storage; and before the machine was started again.
        for (const [id, startedTime] of [
          [idOf(5), new Date().toISOString()],
          [idOf(6), '2001-02-03T04:05:06.7Z'],
        ] as const) {
          addContainer(database, { id, name: `run-${startedTime}`, pod: null, labels: {} });
          const state = new TextEncoder().encode(JSON.stringify({ state: 3, startedTime }));
          database.prepare('INSERT INTO ContainerState VALUES (?, ?, ?, ?)').run(id, 3, 0, state);
        }
      });
      const list = (name: string, ...ids: unknown[]): void => {
        writeFileSync(join(folder, name), JSON.stringify(ids.map((id) => ({ id, names: ['first'] }))));
      };
      mkdirSync(join(folder, 'overlay-containers'));
      mkdirSync(join(folder, 'overlay'));
      // Buildah's, of which Podman has no record, and what is no id.
      list('overlay-containers/containers.json', idOf(2), idOf(9), '../x', 7, idOf(5), idOf(6));
      list('overlay-containers/volatile-containers.json', idOf(3));
      list('overlay/containers.json', idOf(4));
      assert.deepEqual(
        [...podmanStored(folder, UID)].map(({ engine, name, id, image, pod, labels }) => [
          engine,
          name,
          id,
          image,
          pod,
          labels,
        ]),
        [
          ['podman', 'renamed', idOf(2), 'localhost/renamed:1', 'pod1', { tier: 'x' }],
          ['podman', 'run-2001-02-03T04:05:06.7Z', idOf(6), 'localhost/run-2001-02-03T04:05:06.7Z:1', null, {}],
          ['podman', 'once', idOf(3), 'localhost/once:1', null, {}],
        ],
      );
      assert.deepEqual([...podmanStored(folder, UID + 1)], []);
      assert.deepEqual([...podmanStored(join(folder, 'none'), UID)], []);
    });
  });
});
