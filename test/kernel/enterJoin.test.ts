// Which namespaces the command is in: exactly those that were asked for, and the caller's own otherwise; as with nsenter(1).
import assert from 'node:assert/strict';
import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAMESPACE_NAMES, namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, run } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { enter, enterCat, inodesOf, startTimeOf, watchCat, type Inodes } from './support';
import { SteppedHelper, type Step } from './supportSteps';

const CASES: NamespaceName[][] = [
  ...NAMESPACE_NAMES.map((type) => [type]),
  ...NAMESPACE_NAMES.filter((type) => type !== 'mnt').map((type): NamespaceName[] => [type, 'mnt']),
  NAMESPACE_NAMES.filter((type) => type !== 'user'),
  [...NAMESPACE_NAMES],
];

/** Without a fitted view (see enterView.test.ts), which takes a mount namespace of its own. */
const PLAIN = ['--view', 'none'];

/** The caller's namespaces, with those of `target` for `types`. */
const mixed = (types: readonly NamespaceName[], target: number): Inodes => ({
  ...inodesOf('self'),
  ...Object.fromEntries(types.map((type) => [type, inodesOf(target)[type]])),
});

describe('enter: which namespaces the command is in', () => {
  let one: Sandbox;
  let other: Sandbox;

  before(async () => {
    one = await startSandbox({ types: NAMESPACE_NAMES });
    other = await startSandbox({ types: ['ipc', 'net', 'pid', 'time', 'uts'] });
    const [ours, theirs] = [inodesOf('self'), inodesOf(one.pid)];
    for (const type of NAMESPACE_NAMES) assert.notEqual(theirs[type], ours[type], `the sandbox has no own ${type}`);
  });
  after(async () => {
    await one.stop();
    await other.stop();
  });

  for (const types of CASES) {
    it(types.join(', '), async () => {
      const found = await enterCat(['--target', String(one.pid), '--join', types.join(','), ...PLAIN], inodesOf);
      assert.deepEqual(found, mixed(types, one.pid));
      const options = types.map((type) => namespaceType(type).option);
      const reference = await watchCat(['nsenter', `--target=${one.pid}`, ...options, '--', 'cat'], inodesOf);
      assert.deepEqual(found, reference);
    });
  }

  it('the same whatever the order on the command line', async () => {
    const args = ['mnt', 'net', 'uts'].flatMap((type) => ['--target', String(one.pid), '--join', type]);
    assert.deepEqual(await enterCat(args, inodesOf), mixed(['mnt', 'net', 'uts'], one.pid));
  });

  it('start time and inodes that are right', async () => {
    const { net, uts } = inodesOf(one.pid);
    const target = `${one.pid}@${startTimeOf(one.pid)}`;
    const found = await enterCat(['--target', target, '--join', `net=${net},uts=${uts}`, ...PLAIN], inodesOf);
    assert.deepEqual(found, mixed(['net', 'uts'], one.pid));
  });

  const FROM_TWO: [NamespaceName[], NamespaceName[]][] = [
    [['mnt', 'uts'], ['net']],
    [
      ['net', 'mnt'],
      ['pid', 'ipc'],
    ],
    [['cgroup'], ['time', 'net', 'pid']],
    [['user', 'mnt', 'pid'], ['net']],
  ];
  for (const [ofOne, ofOther] of FROM_TWO) {
    it(`${ofOne.join(', ')} of one, ${ofOther.join(', ')} of another`, async () => {
      const args = ['--target', String(one.pid), '--join', ofOne.join(',')];
      args.push('--target', String(other.pid), '--join', ofOther.join(','), ...PLAIN);
      const theirs = inodesOf(other.pid);
      const expected = { ...mixed(ofOne, one.pid), ...Object.fromEntries(ofOther.map((type) => [type, theirs[type]])) };
      assert.deepEqual(await enterCat(args, inodesOf), expected);
    });
  }

  it('the ones that it is in already, named again', async () => {
    const all = NAMESPACE_NAMES.join(',');
    assert.deepEqual(await enterCat(['--target', String(process.pid), '--join', all], inodesOf), inodesOf('self'));
  });

  it('a network namespace by the file that ip-netns(8) makes', async () => {
    const name = `lns-test-${process.pid}`;
    await run('ip', ['netns', 'add', name]);
    try {
      const { stdout, stderr } = await enter(['--file', `net=/run/netns/${name}`, '--', 'ip', '-o', 'link']);
      assert.equal(stderr, '');
      assert.equal(stdout, await run('ip', ['netns', 'exec', name, 'ip', '-o', 'link']));
      const byIp = await watchCat(['ip', 'netns', 'exec', name, 'cat'], inodesOf);
      const inside = await enterCat(['--file', `net=${byIp.net}:/run/netns/${name}`, ...PLAIN], inodesOf);
      assert.deepEqual(inside, { ...inodesOf('self'), net: byIp.net });
    } finally {
      await run('ip', ['netns', 'delete', name]);
    }
  });

  describe('by a bind mount of each type', () => {
    let folder: string;
    before(async () => {
      // A mount namespace can be mounted only where that is not handed on to it in turn (mount_namespaces(7)): so on a private mount.
      folder = mkdtempSync(join(tmpdir(), 'lns-files-'));
      await run('mount', ['-t', 'tmpfs', '-o', 'mode=700', 'lns-files', folder]);
      await run('mount', ['--make-private', folder]);
      for (const type of NAMESPACE_NAMES) {
        writeFileSync(join(folder, type), '');
        await run('mount', ['--bind', `/proc/${one.pid}/ns/${type}`, join(folder, type)]);
      }
    });
    after(async () => {
      await run('umount', ['--recursive', folder]);
      rmdirSync(folder);
    });
    const fileOf = (type: NamespaceName): string[] => [
      '--file',
      `${type}=${inodesOf(one.pid)[type]}:${folder}/${type}`,
    ];

    for (const type of NAMESPACE_NAMES) {
      it(type, async () => {
        assert.deepEqual(await enterCat([...fileOf(type), ...PLAIN], inodesOf), mixed([type], one.pid));
        const option = `${namespaceType(type).option}=${folder}/${type}`;
        assert.deepEqual(await watchCat(['nsenter', option, '--', 'cat'], inodesOf), mixed([type], one.pid));
      });
    }

    it('all but user at once', async () => {
      const types = NAMESPACE_NAMES.filter((type) => type !== 'user');
      assert.deepEqual(await enterCat(types.flatMap(fileOf), inodesOf), mixed(types, one.pid));
    });

    it('with a command that itself has arguments like these', async () => {
      const args = [...fileOf('mnt'), '--', 'echo', '--file', `mnt=${folder}/mnt`];
      assert.equal((await enter(args)).stdout, `--file mnt=${folder}/mnt\n`);
    });
  });

  it('--verbose says on standard error where it is, before and after', async () => {
    const { net } = inodesOf(one.pid);
    const result = await enter(['--target', String(one.pid), '--join', 'net', '--verbose', '--', 'echo', 'done']);
    assert.equal(result.stdout, 'done\n');
    const [beforeLine = '', afterLine = '', ...more] = result.stderr.trimEnd().split('\n');
    assert.deepEqual(more, []);
    assert.match(beforeLine, new RegExp(`^ns-helper: before: .* net:\\[${inodesOf('self').net}\\]`));
    assert.match(afterLine, new RegExp(`^ns-helper: after: .* net:\\[${net}\\]`));
  });

  // As on a kernel that says yes and does nothing: by the helper in place, and by one that waits; enterJoiner.test.ts tells the same of joiners.
  const MISSED: [NamespaceName[], Step['verb'], NamespaceName[]][] = [
    [['net', 'uts'], 'enter', ['uts', 'net']],
    [['mnt', 'ipc', 'pid'], 'restarted', ['ipc', 'pid', 'mnt']],
  ];
  for (const [types, verb, missed] of MISSED) {
    it(`${types.join(', ')}, where setns(2) does nothing: each join that did not take is named, and nothing runs`, async () => {
      const stepped = new SteppedHelper();
      try {
        const args = ['--target', String(one.pid), '--join', types.join(','), ...PLAIN, '--', 'echo', 'executed'];
        const [program = '', ...rest] = stepped.liesAbout('setns', verb, args);
        const { code, stdout, stderr } = await capture(program, rest);
        assert.deepEqual([code, stdout], [EXIT.joinFailed.code, ''], stderr);
        assert.match(stderr, /^ns-helper: the join did not take effect: [^\n]+; nothing was started\n$/);
        const named = [...stderr.matchAll(/(\w+) of process \d+/g)].map(([, type]) => type);
        assert.deepEqual(named.sort(), [...missed].sort());
      } finally {
        stepped.remove();
      }
    });
  }
});
