// Kubernetes' pods as the extension finds them by the Container Runtime Interface of a real containerd.
import assert from 'node:assert/strict';
import type { DiscoverOptions } from '../../extension/discover/discover';
import { Inventory } from '../../extension/discover/inventory';
import { Live } from '../../extension/discover/live';
import type { Container, Snapshot } from '../../extension/model/container';
import { HELPER, inodesOf, startTimeOf } from '../kernel/support';
import { lookOnce } from '../support/lookOnce';
import { waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';
import { skipWithout } from '../support/skip';
import { startKubernetes, type Kubernetes } from './kubernetes';
import { makeFolder, undoAll } from './undo';

describe('discover: Kubernetes by its container runtime', () => {
  const undo: (() => unknown)[] = [];
  let folder = '';
  let kubernetes: Kubernetes;
  let options: DiscoverOptions;
  before(async function () {
    folder = makeFolder();
    try {
      kubernetes = await startKubernetes(folder, undo);
    } catch (error) {
      await undoAll(undo, folder);
      skipWithout(this, 'a pod', error);
    }
    const env = { HOME: folder, CONTAINER_RUNTIME_ENDPOINT: `unix://${kubernetes.socket}` };
    options = { runtime: runtimeOf(HELPER), dockerHost: '/nowhere.sock', env };
  });
  after(() => undoAll(undo, folder));

  const withId = ({ containers }: Snapshot, id: string | null | undefined): Container[] =>
    containers.filter((container) => container.id === id);

  it('shows a pod and its containers, each once, with pid, labels and namespaces', async () => {
    const snapshot = await lookOnce(options);
    assert.deepEqual(
      snapshot.notes.filter((note) => note.startsWith('Kubernetes')),
      [],
    );
    for (const { user, labels, ...expected } of kubernetes.expected) {
      const [found, ...others] = withId(snapshot, expected.id);
      assert.ok(found, expected.name);
      assert.deepEqual(others, []);
      assert.deepEqual({ ...found, ...expected, user: user ?? null }, { ...found, namespaces: found.namespaces });
      assert.deepEqual(found.details.labels, labels);
      assert.equal(found.key, `kubernetes:${expected.id ?? ''}`);
      assert.equal(found.state, 'running');
      assert.equal(found.startTime, startTimeOf(expected.pid));
      const inodes = Object.fromEntries(found.namespaces.map(({ type, inode }) => [type, inode]));
      assert.deepEqual(inodes, inodesOf(expected.pid));
    }
    const [pod, app] = kubernetes.expected.map(({ id }) => withId(snapshot, id)[0]);
    assert.ok(app?.namespaces.find(({ type }) => type === 'net')?.sharedWith.includes(pod?.name ?? ''));
  });

  it('follows a container that starts and stops, and keeps it as stopped', async () => {
    const live = new Live(() => options);
    const inventory = new Inventory(live);
    try {
      inventory.follow();
      await waitFor('the first picture', () => inventory.latest.namespaces.length > 0, 30_000);
      const id = await kubernetes.startContainer('job');
      const shown = (): Container | undefined => withId(inventory.latest, id)[0];
      await waitFor('the container to be shown', () => shown()?.state === 'running' && shown()?.name === 'job', 30_000);
      assert.equal(shown()?.pod, kubernetes.expected[0]?.name);
      assert.ok((shown()?.pid ?? 0) > 0);
      await kubernetes.stopContainer(id);
      await waitFor('the container to be stopped', () => shown()?.state === 'exited' && shown()?.pid === 0, 30_000);
      assert.equal(shown()?.name, 'job');
      assert.equal(withId(inventory.latest, id).length, 1);
    } finally {
      live.dispose();
    }
  });
});
