// Pictures on their way to the extension host: what is read is what was written, and what did not change is the same object.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { News } from '../../extension/discover/orders';
import { PictureReader } from '../../extension/discover/pictureReader';
import { PictureWriter } from '../../extension/discover/pictureWriter';
import { type Container, EMPTY_SNAPSHOT, type Namespace, type Snapshot } from '../../extension/model/container';
import { makeContainer, makeNamespace } from './containerFixture';

const CONTAINERS = Array.from({ length: 100 }, (_, at) =>
  makeContainer(`c${at}`, { net: 1000 + at }, { labels: { any: '\u2028\ud800\u0000"' } }),
);
const NAMESPACES = Array.from({ length: 300 }, (_, at) => makeNamespace('net', 1000 + at));

/** As a line of JSON each, and back. */
function* sent(writer: PictureWriter, snapshot: Snapshot, looks: readonly number[] = []): Generator<News, void> {
  for (const news of writer.write(snapshot, looks)) yield JSON.parse(JSON.stringify(news)) as News;
}

function read(reader: PictureReader, news: Iterable<News>): Snapshot {
  const pictures = [...news].flatMap((each) => reader.read(each as Parameters<PictureReader['read']>[0]) ?? []);
  assert.equal(pictures.length, 1, 'one picture');
  return pictures[0] ?? EMPTY_SNAPSHOT;
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
        for (const snapshot of all) assert.deepEqual(read(reader, sent(writer, snapshot)), snapshot);
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
      news.map((each) => (each.news === 'containers' ? each.containers.map(({ name }) => name) : each.news)),
      [['c2'], 'picture'],
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
    const sizes = news.flatMap((each) =>
      each.news === 'containers' ? each.containers.length : each.news === 'namespaces' ? each.namespaces.length : [],
    );
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      CONTAINERS.length + NAMESPACES.length,
    );
    assert.ok(Math.max(...sizes) <= 128, String(sizes));
  });

  it('share what many containers have in common, there as here', () => {
    const shared = CONTAINERS.map((container) => ({ ...container, namespaces: CONTAINERS[0]?.namespaces ?? [] }));
    const containers = read(
      new PictureReader(EMPTY_SNAPSHOT),
      sent(new PictureWriter(), picture(shared.slice(0, 20))),
    ).containers;
    const [one, other] = containers;
    assert.ok(one && other && one.namespaces.length > 0);
    assert.equal(other.namespaces, one.namespaces);
  });

  it('keep from another writer’s last one what is equal', () => {
    const before = picture(CONTAINERS, NAMESPACES);
    const reader = new PictureReader(before);
    const same = read(reader, sent(new PictureWriter(), before));
    same.containers.forEach((container, at) => {
      assert.equal(container, CONTAINERS[at]);
    });
    same.namespaces.forEach((namespace, at) => {
      assert.equal(namespace, NAMESPACES[at]);
    });
    const [first, ...others] = CONTAINERS;
    assert.ok(first);
    const changed = read(
      new PictureReader(before),
      sent(new PictureWriter(), picture([{ ...first, state: 'paused' }, ...others])),
    );
    assert.equal(changed.containers[0]?.state, 'paused');
    assert.equal(changed.containers[1], CONTAINERS[1]);
  });
});
