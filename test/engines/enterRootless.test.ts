// A user’s own rootless container, entered by that user and without sudo.
import assert from 'node:assert/strict';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { inodesOf, startTimeOf, statusOf } from '../kernel/support';
import { asUser, PublicCopy } from '../kernel/supportUsers';
import { capture, type RunResult } from '../support/run';
import { skip } from '../support/skip';
import { ENGINES, type Expected } from './scanEngines';
import { makeFolder, undoAll } from './undo';

describe('enter: rootless Podman, by its own user and without sudo', () => {
  const undo: (() => unknown)[] = [];
  let folder = '';
  let copy: PublicCopy;
  let container: Expected;
  before(async function () {
    folder = makeFolder();
    copy = new PublicCopy();
    try {
      const [first] = (await ENGINES.find(({ name }) => name === 'Podman, rootless')?.start(folder, undo)) ?? [];
      assert.ok(first);
      container = first;
    } catch (error) {
      const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n').slice(-1);
      skip(this, `rootless Podman cannot start here: ${why}`);
    }
  });
  after(async () => {
    copy.remove();
    await undoAll(undo, folder);
  });

  /** The container's own namespaces, or those of these types, as the one whose process it is. */
  function enterAs(as: string, types: readonly string[], command: readonly string[]): Promise<RunResult> {
    const { pid } = container;
    const [uid, gid] = ['Uid', 'Gid'].map((key) => Number((statusOf(pid).get(key) ?? '').split(/\s+/)[0])) as [
      number,
      number,
    ];
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
    assert.equal(uid, '0');
    assert.match(first ?? '', /sleep 1000000/);
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
