// `ns-helper scan --json` as root against what each engine's own tool says of its containers, with no engine asked; and as
// users who may read less: what they are told is the same or missing, never something else.
import assert from 'node:assert/strict';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedContainer, StoppedContainer } from '../../helper/protocol';
import { shortId } from '../../helper/scan/wholeId';
import { helper, inodesOf, startTimeOf, statusOf } from '../kernel/support';
import { asUser, PublicCopy } from '../kernel/supportUsers';
import { run } from '../support/run';
import { skipWithout } from '../support/skip';
import { makeUser, type TestUser } from '../support/users';
import { ENGINES, type Expected, type ExpectedStopped } from './scanEngines';
import { makeFolder, undoAll } from './undo';

const parse = (stdout: string): ScanDocument => JSON.parse(stdout) as ScanDocument;
const scan = async (): Promise<ScanDocument> => parse((await helper(['scan', '--json'])).stdout);

/** Those that a document has of these. */
const rowsOf = ({ containers }: ScanDocument, expected: readonly Expected[]): ScannedContainer[] =>
  containers.filter(({ pid }) => expected.some((container) => container.pid === pid));

/** What everybody may know of it, by command lines and cgroups, where nothing else may be read. */
function asLocked(container: ScannedContainer): ScannedContainer {
  const { engine, name, id, labels } = container;
  const unknown = { image: null, labels: {}, pod: null, composeProject: null, composeService: null };
  const locked = { ...container, ...unknown, namespaces: {}, locked: sorted(NAMESPACE_NAMES) };
  switch (engine) {
    case 'docker':
    case 'containerd':
    case 'kubernetes':
      return { ...locked, name: shortId(id ?? '') };
    case 'podman':
      // What minds it keeps the name that it was started with.
      return { ...locked, name: name.replace(/-renamed$/, '-solo') };
    case 'runc':
      // Of crun's, which has no cgroup, only a file of root's tells.
      return name.endsWith('-crun') ? { ...locked, engine: 'sandbox', name: 'sleep', id: null } : locked;
    case 'lxd':
      return { ...locked, labels };
    case 'flatpak':
      return { ...locked, engine: 'bubblewrap', name: 'sleep', id: null };
    case 'netns':
      return { ...locked, engine: 'sandbox', name: 'sleep' };
    default:
      return locked;
  }
}

/** Just these, each as its engine tells of it. */
function areOffered(found: readonly StoppedContainer[], stopped: readonly ExpectedStopped[]): void {
  assert.deepEqual(found.map(({ id }) => id).sort(), stopped.map(({ id }) => id).sort());
  for (const container of stopped) {
    const { id, engineNamespace = null } = container;
    const same = found.find((each) => each.id === id && each.engineNamespace === engineNamespace);
    assert.deepEqual({ ...same, ...container }, same);
  }
}

const sorted = (types: readonly NamespaceName[]): NamespaceName[] => [...types].sort();

/** Which processes are in just the same namespaces can be told only in part where these are locked. */
const withoutPids = (container: ScannedContainer): ScannedContainer => ({
  ...container,
  locked: sorted(container.locked),
  pids: [],
});

describe('scan: engines', () => {
  let copy: PublicCopy;
  let stranger: TestUser;
  before(async () => {
    copy = new PublicCopy();
    stranger = await makeUser('none');
  });
  after(async () => {
    copy.remove();
    await stranger.remove();
  });
  const scanAs = async (user: Pick<TestUser, 'uid' | 'gid'>): Promise<ScanDocument> => {
    const [program = '', ...args] = asUser(user, [copy.node, '--', copy.helper, 'scan', '--json']);
    return parse(await run(program, args));
  };

  for (const engine of ENGINES) {
    describe(engine.name, () => {
      const undo: (() => unknown)[] = [];
      const stopped: ExpectedStopped[] = [];
      let folder = '';
      let expected: readonly Expected[] = [];
      let document: ScanDocument;
      before(async function () {
        folder = makeFolder();
        try {
          expected = await engine.start(folder, undo, stopped);
        } catch (error) {
          await undoAll(undo, folder);
          skipWithout(this, engine.name, error);
        }
        document = await scan();
      });
      after(() => undoAll(undo, folder));

      it('is named as its own tool names it, once, with its namespaces', () => {
        assert.ok(expected.length > 0);
        for (const container of expected) {
          const found = document.containers.filter(({ pid }) => pid === container.pid);
          assert.equal(found.length, 1, `${container.name ?? ''}: listed ${found.length} times`);
          assert.deepEqual({ ...found[0], ...container }, found[0]);
          assert.deepEqual(found[0]?.namespaces, inodesOf(container.pid));
          assert.equal(found[0].startTime, startTimeOf(container.pid));
          const twins = document.containers.filter(
            ({ id, engine: by }) => id === found[0]?.id && by === container.engine,
          );
          if (found[0].id !== null) assert.equal(twins.length, 1, 'one container has the id');
        }
      });

      it('has its processes, with the pid and user that they have inside', () => {
        for (const { pid, engine: by } of expected) {
          const found = document.processes.find((process) => process.pid === pid);
          const status = statusOf(pid);
          const numbers = (key: string): number[] => (status.get(key) ?? '').split('\t').map(Number);
          assert.deepEqual(found?.nsPids, numbers('NSpid'));
          assert.deepEqual([found.parent, found.uid], [numbers('PPid')[0], numbers('Uid')[1]]);
          // All run as root inside, but for those that keep the user's own id.
          assert.equal(found.insideUid, ['bubblewrap', 'flatpak', 'firejail'].includes(by) ? found.uid : 0);
          assert.match(found.command, /sleep|stubinit|bwrap/);
        }
      });

      it('is offered where it does not run, and only there', () => {
        const isOurs = ({ engine: by, id }: { engine: string; id: string | null }): boolean =>
          [...expected, ...stopped].some((ours) => ours.engine === by && ours.id === id);
        const found = document.stopped.filter(isOurs);
        // Into other users' folders root does not look for what does not run.
        areOffered(found, expected[0]?.rootless ? [] : stopped);
      });

      it('is listed for a user who may read nothing of it, all of it locked, with what is known and nothing else', async () => {
        const seen = await scanAs(stranger);
        assert.deepEqual(
          rowsOf(seen, expected).map(withoutPids),
          rowsOf(document, expected).map(asLocked).map(withoutPids),
        );
        assert.deepEqual(
          seen.stopped.filter(({ id }) => stopped.some((each) => each.id === id)),
          [],
        );
      });

      it('is told whole to the user whose it is', async () => {
        const owner = expected[0]?.user ?? 'root';
        // Root's is what the other tests are about.
        if (owner === 'root') return;
        const [uid, gid] = await Promise.all(
          ['--user', '--group'].map(async (which) => Number(await run('id', [which, owner]))),
        );
        const theirs = await scanAs({ uid: uid ?? 0, gid: gid ?? 0 });
        const seen = rowsOf(theirs, expected);
        areOffered(
          theirs.stopped.filter(({ user }) => user === owner),
          stopped,
        );
        const byRoot = rowsOf(document, expected);
        // Firejail is root's program: its user may not read what it made.
        if (expected[0]?.engine === 'firejail')
          assert.deepEqual(seen.map(withoutPids), byRoot.map(asLocked).map(withoutPids));
        else assert.deepEqual(seen, byRoot);
      });

      const { besides } = engine;
      if (!besides) return;
      it('is all that its user has, but for what the engine runs in, which is called after it', () => {
        const [user, pids] = [expected[0]?.user, expected.map(({ pid }) => pid)];
        const others = document.containers.filter((found) => found.user === user && !pids.includes(found.pid));
        assert.deepEqual(
          others.map(({ engine: by, name }) => `${by} ${name}`),
          besides,
        );
      });
    });
  }
});
