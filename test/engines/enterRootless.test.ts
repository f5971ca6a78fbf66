// A user’s own rootless container or sandbox, entered by that user and without sudo.
import assert from 'node:assert/strict';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { inodesOf, startTimeOf, statusOf } from '../kernel/support';
import { asUser, PublicCopy } from '../kernel/supportUsers';
import { capture, type RunResult } from '../support/run';
import { skipWithout } from '../support/skip';
import { ENGINES, type Expected } from './scanEngines';
import { makeFolder, undoAll } from './undo';

const KINDS = [
  { engine: 'Podman, rootless', inside: () => 0 },
  { engine: 'Docker, rootless', inside: () => 0 },
  // Its processes are in a user namespace below the one that all else of the sandbox belongs to; so are Flatpak's.
  { engine: 'bubblewrap', inside: (uid: number) => uid },
] as const;

for (const { engine, inside: insideOf } of KINDS) {
  describe(`enter: ${engine}, by its own user and without sudo`, () => {
    const undo: (() => unknown)[] = [];
    let folder = '';
    let copy: PublicCopy;
    let container: Expected;
    before(async function () {
      folder = makeFolder();
      copy = new PublicCopy();
      try {
        const [first] = (await ENGINES.find(({ name }) => name === engine)?.start(folder, undo, [])) ?? [];
        assert.ok(first);
        container = first;
      } catch (error) {
        skipWithout(this, engine, error);
      }
    });
    after(async () => {
      copy.remove();
      await undoAll(undo, folder);
    });

    /** The container's own namespaces, or those of these types, as the one whose process it is. */
    function enterAs(as: string, types: readonly string[], command: readonly string[]): Promise<RunResult> {
      const { pid } = container;
      const [uid, gid] = [idOf(pid, 'Uid'), idOf(pid, 'Gid')];
      assert.notEqual(uid, 0);
      const inodes = inodesOf(pid);
      const joins = types.map((type) => `${type}=${inodes[type as keyof typeof inodes]}`).join(',');
      const target = ['--target', `${pid}@${startTimeOf(pid)}`, '--join', joins, '--as', as];
      const [program = '', ...args] = asUser({ uid, gid }, [
        copy.node,
        '--',
        copy.helper,
        'enter',
        ...target,
        '--',
        ...command,
      ]);
      return capture(program, args, { env: { PATH: process.env['PATH'] }, cwd: '/' });
    }
    const ownTypes = (): string[] => {
      const [inside, here] = [inodesOf(container.pid), inodesOf('self')];
      return NAMESPACE_NAMES.filter((type) => inside[type] !== here[type]);
    };

    it('all of a container, as its own process', async () => {
      const { code, stdout, stderr } = await enterAs('target', ownTypes(), [
        ...['sh', '-c', 'id -u; cat /proc/1/cmdline | tr "\\0" " "; echo; ls -l /proc/self/ns | sed -n "s/.*-> //p"'],
      ]);
      assert.equal(code, 0, stderr);
      const [uid, first, ...links] = stdout.trim().split('\n');
      assert.equal(Number(uid), insideOf(idOf(container.pid, 'Uid')));
      assert.match(first ?? '', /sleep|bwrap|1000000/);
      const inside = inodesOf(container.pid);
      for (const type of NAMESPACE_NAMES) assert.ok(links.includes(`${type}:[${inside[type]}]`), `${type}: ${stdout}`);
    });

    it('its network alone, with the host’s files', async () => {
      const { code, stdout, stderr } = await enterAs(
        'me',
        ['user', 'net'],
        ['readlink', '/proc/self/ns/net', '/proc/self/ns/mnt'],
      );
      assert.equal(code, 0, stderr);
      assert.equal(stdout.split('\n')[0], `net:[${inodesOf(container.pid).net}]`);
    });
  });
}

const idOf = (pid: number, key: 'Uid' | 'Gid'): number => Number((statusOf(pid).get(key) ?? '').split(/\s+/)[0]);
