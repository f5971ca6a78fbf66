// Pictures on their way to the extension host: what is read is what was written, and what did not change is the same object.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PictureNews } from '../../extension/discover/pictureNews';
import { PictureReader } from '../../extension/discover/pictureReader';
import { PictureWriter } from '../../extension/discover/pictureWriter';
import { type Container, EMPTY_SNAPSHOT, type Namespace, type Snapshot } from '../../extension/model/container';
import { makeContainer, makeNamespace } from './containerFixture';

const CONTAINERS = Array.from({ length: 100 }, (_, at) =>
  makeContainer(`c${at}`, { net: 1000 + at }, { labels: { any: '\u2028\ud800\u0000"' } }),
);
const NAMESPACES = Array.from({ length: 300 }, (_, at) => makeNamespace('net', 1000 + at));

/** A line of JSON each. */
function* sent(writer: PictureWriter, snapshot: Snapshot): Generator<string, void> {
  for (const news of writer.write(snapshot, [])) yield typeof news === 'string' ? news : JSON.stringify(news);
}

/** Without those that are lists. */
const newsOf = (lines: readonly string[]): PictureNews[] =>
  lines.filter((line) => !line.startsWith('[')).map((line) => JSON.parse(line) as PictureNews);

/** All lines lie in one buffer, as they come from a pipe. */
function read(reader: PictureReader, lines: Iterable<string>): Snapshot {
  const pictures: Snapshot[] = [];
  const all = [...lines];
  const text = Buffer.from(all.join('\n'));
  let start = 0;
  for (const line of all) {
    const end = start + Buffer.byteLength(line);
    if (line.startsWith('[')) reader.keep(text, start);
    else pictures.push(...newsOf([line]).flatMap((news) => reader.read(news) ?? []));
    start = end + 1;
  }
  assert.equal(pictures.length, 1, 'one picture');
  return pictures[0] ?? EMPTY_SNAPSHOT;
}

/** What is read only when asked for, too. */
const plain = ({ containers, namespaces, notes }: Snapshot): Snapshot => ({
  containers: containers.map((container) => all(container, CONTAINERS[0])),
  namespaces: namespaces.map((namespace) => all(namespace, NAMESPACES[0])),
  notes,
});

/** All that the like has. */
function all<T extends object>(item: T, like: T | undefined): T {
  const names = Object.keys(like ?? {}) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, item[name]])) as T;
}

const picture = (containers: readonly Container[], namespaces: readonly Namespace[] = []): Snapshot => ({
  containers,
  namespaces,
  notes: [],
});

describe('pictures on their way', () => {
  it('are read as they were written, in whatever order things come and go', () => {
    const some = <T>(items: readonly T[]): fc.Arbitrary<T[]> => fc.shuffledSubarray([...items]);
    const snapshots = fc.array(
      fc.record(
        { containers: some(CONTAINERS), namespaces: some(NAMESPACES), notes: fc.array(fc.string()) },
        { noNullPrototype: true },
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(snapshots, (all) => {
        const [writer, reader] = [new PictureWriter(), new PictureReader(EMPTY_SNAPSHOT)];
        for (const snapshot of all) assert.deepEqual(plain(read(reader, sent(writer, snapshot))), snapshot);
      }),
    );
  });

  it('say of the next one only what is new, and keep the rest the same objects', () => {
    const [writer, reader] = [new PictureWriter(), new PictureReader(EMPTY_SNAPSHOT)];
    const [first, second, third, ...others] = CONTAINERS;
    assert.ok(first && second && third);
    const before = read(reader, sent(writer, picture([first, second, ...others], NAMESPACES)));
    const news = [...sent(writer, picture([first, third, ...others], NAMESPACES))];
    assert.deepEqual(
      newsOf(news).map((each) => (each.news === 'containers' ? each.containers.map(([, , key]) => key) : each.news)),
      [['docker:c2'], 'picture'],
    );
    const after = read(reader, news);
    assert.equal(after.namespaces, before.namespaces);
    assert.deepEqual(
      after.containers.map((container, at) => container === before.containers[at]),
      [true, false, ...others.map(() => true)],
    );
  });

  it('come in pieces, however many there are', () => {
    const news = [...sent(new PictureWriter(), picture(CONTAINERS, NAMESPACES))];
    const sizes = newsOf(news).flatMap((each) =>
      each.news === 'containers' ? each.containers.length : each.news === 'namespaces' ? each.namespaces.length : [],
    );
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      CONTAINERS.length + NAMESPACES.length,
    );
    assert.ok(Math.max(...sizes) <= 64, String(sizes));
    const long = CONTAINERS.map(({ name }) => makeContainer(name, {}, { labels: { long: 'x'.repeat(1_000_000) } }));
    const lengths = [...sent(new PictureWriter(), picture(long))].map(({ length }) => length);
    assert.ok(Math.max(...lengths) < 2_000_000, String(lengths));
  });

  it('are the same whatever strangers have put into them', () => {
    const text = fc.string({ unit: 'binary' });
    const container = fc
      .record({
        name: text,
        image: text,
        user: text,
        labels: fc.dictionary(text, text, { noNullPrototype: true }),
        command: text,
        path: text,
      })
      .map(({ command, path, ...more }) => {
        const processes = [{ pid: 1, parent: 0, nsPids: [], uid: 0, insideUid: null, command }];
        const namespace = makeNamespace('net', 1, { heldBy: [path], containerKeys: [more.name] });
        return picture([makeContainer(more.name, { net: 1 }, { ...more, processes })], [namespace]);
      });
    fc.assert(
      fc.property(fc.array(container), (all) => {
        const containers = all.flatMap((each) => each.containers);
        const namespaces = all.flatMap((each) => each.namespaces);
        const snapshot = picture(containers, namespaces);
        assert.deepEqual(plain(read(new PictureReader(EMPTY_SNAPSHOT), sent(new PictureWriter(), snapshot))), snapshot);
      }),
    );
  });

  it('are parsed no further than somebody asks', () => {
    const [first] = CONTAINERS;
    assert.ok(first);
    const [writer, reader] = [new PictureWriter(), new PictureReader(EMPTY_SNAPSHOT)];
    const broken = [...sent(writer, picture([first], NAMESPACES.slice(0, 1)))].map((line) =>
      line.startsWith('[') ? line.replaceAll(/[[{]/g, '!').replace('!', '[') : line,
    );
    const { containers, namespaces } = read(reader, broken);
    assert.deepEqual([containers[0]?.key, namespaces[0]?.inode], [first.key, 1000]);
    assert.throws(() => containers[0]?.namespaces, SyntaxError);
    assert.throws(() => containers[0]?.details, SyntaxError);
    assert.throws(() => namespaces[0]?.pids, SyntaxError);
  });

  it('keep from another writer’s last one what is equal', () => {
    const there = picture(CONTAINERS, NAMESPACES);
    const before = read(new PictureReader(EMPTY_SNAPSHOT), sent(new PictureWriter(), there));
    const same = read(new PictureReader(before), sent(new PictureWriter(), there));
    same.containers.forEach((container, at) => {
      assert.equal(container, before.containers[at]);
    });
    same.namespaces.forEach((namespace, at) => {
      assert.equal(namespace, before.namespaces[at]);
    });
    const [first, second, ...others] = CONTAINERS;
    assert.ok(first && second);
    const otherDetails = { labels: { any: 'other' }, processes: [] };
    const changed = read(
      new PictureReader(before),
      sent(
        new PictureWriter(),
        picture([{ ...first, state: 'paused' }, { ...second, details: otherDetails }, ...others]),
      ),
    );
    assert.equal(changed.containers[0]?.state, 'paused');
    assert.deepEqual(changed.containers[1]?.details.labels, otherDetails.labels);
    assert.equal(changed.containers[2], before.containers[2]);
  });
});
