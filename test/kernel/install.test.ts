// What install puts where, for whom, and that uninstall leaves no trace. What a listed user can and cannot do with it is
// in installPolicy.test.ts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Drafts } from '../../helper/install/drafts';
import { nodeOfScript } from '../../helper/install/install';
import { EXIT } from '../../helper/protocol';
import { PATHS } from '../../helper/install/paths';
import { capture, end, run, type RunResult, waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { commOf, descendantsOf, helper, HELPER, NODE } from './support';
import { refuseToReplace, traces } from './installSupport';

const mode = (path: string): string => (lstatSync(path).mode & 0o7777).toString(8);

/** Runs `script` with the helper's command line as its arguments, in a mount namespace of its own. */
const inPrivateMounts = (script: string, ...args: string[]): Promise<RunResult> =>
  capture('unshare', ['--mount', '--', 'sh', '-euc', `${script}\nexec "$@"`, 'sh', NODE, '--', HELPER, ...args]);

/** Tries without end to open a file for writing, and says so when it has. */
const OPEN_FOR_WRITING = `
  $| = 1;
  print "trying\\n";
  1 until open(FILE, '+<', $ARGV[0]);
  print "opened\\n";
  sleep 1000`;

describe('install', () => {
  before(refuseToReplace);
  afterEach(async () => {
    await helper(['uninstall']);
  });

  it('writes what nobody else can open meanwhile, whatever root’s umask', () => {
    const umask = process.umask(0);
    const drafts = new Drafts();
    try {
      drafts.add(`/usr/local/lib/lns-${randomUUID()}/file`, 0o644, '', (draft) => {
        assert.equal(mode(draft), '644');
      });
    } finally {
      process.umask(umask);
      drafts.discard();
    }
  });

  it('copies a Node that all can write without letting them write to the copy for a moment', async () => {
    const folder = (await run('mktemp', ['--directory'])).trim();
    const others = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] as const;
    const [program, ...asNobody] = others;
    const args = [...asNobody, 'perl', '-e', OPEN_FOR_WRITING, `${PATHS.lib}/node.new`];
    const other = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    other.stdout.on('data', (data: Buffer) => (said += data.toString()));
    try {
      await run('cp', [NODE, `${folder}/node`]);
      await run('chmod', ['777', `${folder}/node`]);
      await waitFor('the other user to try', () => said === 'trying\n');
      const result = await capture(`${folder}/node`, ['--', HELPER, 'install']);
      assert.equal(result.code, 0, result.stderr);
      assert.equal(mode(`${PATHS.lib}/node`), '755');
    } finally {
      await end([other.pid ?? 0]);
      await run('rm', ['-r', folder]);
    }
    assert.equal(said, 'trying\n');
  });

  it('puts a copy where only root can write', async () => {
    const result = await helper(['install']);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(
      readdirSync(PATHS.lib)
        .filter((name) => name !== 'node')
        .sort(),
      ['enterByJoiner.js', 'enterVerb.js', 'helper.js', 'koffi.node', 'scanVerb.js', 'verbs.js'],
    );
    assert.ok(readFileSync(`${PATHS.lib}/helper.js`).equals(readFileSync(HELPER)));
    for (const [path, expected] of [
      [PATHS.lib, '755'],
      [`${PATHS.lib}/helper.js`, '644'],
      [`${PATHS.lib}/enterVerb.js`, '644'],
      [`${PATHS.lib}/enterByJoiner.js`, '644'],
      [`${PATHS.lib}/scanVerb.js`, '644'],
      [`${PATHS.lib}/verbs.js`, '644'],
      [`${PATHS.lib}/koffi.node`, '644'],
      [PATHS.command, '755'],
    ] as const) {
      assert.equal(mode(path), expected, path);
      assert.deepEqual([lstatSync(path).uid, lstatSync(path).gid], [0, 0], path);
    }
    assert.equal(await run(PATHS.command, ['--version']), (await helper(['--version'])).stdout);
  });

  it('without --allow lets nobody do anything', async () => {
    assert.equal((await helper(['install'])).code, 0);
    assert.ok(!existsSync(PATHS.policy));
    assert.ok(!existsSync(PATHS.sudoers));
  });

  it('with --allow writes a policy, and a drop-in that visudo approves of', async () => {
    const result = await helper(['install', '--allow', 'lnsalice,lns-bob', '--types', 'net,uts']);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(JSON.parse(readFileSync(PATHS.policy, 'utf8')), {
      users: ['lnsalice', 'lns-bob'],
      types: ['net', 'uts'],
    });
    assert.deepEqual([mode(PATHS.policy), mode(PATHS.sudoers)], ['644', '440']);
    const rules = readFileSync(PATHS.sudoers, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#') && !line.startsWith('Defaults!') && line !== '');
    assert.deepEqual(rules, [
      `lnsalice ALL=(root) NOPASSWD: ${PATHS.command} enter *`,
      `lns-bob ALL=(root) NOPASSWD: ${PATHS.command} enter *`,
    ]);
    await run('visudo', ['--check', '--strict', '--file', PATHS.sudoers]);
    assert.ok((await run('visudo', ['--check'])).split('\n').includes(`${PATHS.sudoers}: parsed OK`));
    assert.deepEqual(
      readdirSync('/etc/sudoers.d').filter((name) => name.startsWith('ns-helper')),
      ['ns-helper'],
    );
  });

  it('again, for others, lets the first ones in no more', async () => {
    await helper(['install', '--allow', 'lnsalice']);
    await helper(['install', '--allow', 'lnsbob', '--types', 'ipc']);
    assert.doesNotMatch(readFileSync(PATHS.sudoers, 'utf8') + readFileSync(PATHS.policy, 'utf8'), /lnsalice/);
  });

  it('again, without --allow, lets nobody in any more, and says so', async () => {
    await helper(['install', '--allow', 'lnsalice']);
    const again = await helper(['install']);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /^\/etc\/sudoers\.d\/ns-helper, [^\n]*: removed; nobody may enter/m);
    assert.deepEqual(traces(), [PATHS.lib, PATHS.command]);
    assert.doesNotMatch((await helper(['install'])).stdout, /removed/);
  });

  it('by the installed copy itself', async () => {
    await helper(['install']);
    const again = await capture(PATHS.command, ['install']);
    assert.equal(again.code, 0, again.stderr);
    assert.ok(readFileSync(`${PATHS.lib}/helper.js`).equals(readFileSync(HELPER)));
    assert.equal((await capture(PATHS.command, ['uninstall'])).code, 0);
    assert.deepEqual(traces(), []);
  });

  it('starts Node once where a container’s filesystem is joined, and hands on every argument', async () => {
    await helper(['install']);
    const box = await startSandbox({ types: ['mnt', 'pid'] });
    const odd = ['', 'a b', '$(id)', "'", 'two\nlines', '--', '--join', '-n'];
    const command = ['sh', '-c', 'printf "<%s>" "$@"; exec cat', 'sh', ...odd];
    const argv = ['enter', '--target', String(box.pid), '--join', 'mnt,pid', '--', ...command];
    const child = spawn(PATHS.command, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let printed = '';
    child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    try {
      const expected = odd.map((text) => `<${text}>`).join('');
      await waitFor('the arguments', () => printed === expected);
      // A helper that had started itself anew would go by a name of its own, see again.ts.
      const [name = ''] = readFileSync(`/proc/${child.pid}/cmdline`, 'utf8').split('\0');
      assert.equal(name, nodeOfScript(readFileSync(PATHS.command, 'utf8')));
    } finally {
      child.stdin.end();
      await ended;
      await box.stop();
    }
  });

  it('uninstall removes every trace, and says when there was none', async () => {
    await helper(['install', '--allow', 'lnsalice']);
    const removed = await helper(['uninstall']);
    assert.equal(removed.code, 0, removed.stderr);
    for (const path of Object.values(PATHS)) assert.ok(removed.stdout.includes(path), path);
    assert.deepEqual(traces(), []);
    assert.deepEqual((await helper(['uninstall'])).stdout, 'nothing was installed\n');
  });

  it('uninstall removes also what an install left that was killed', async () => {
    // It waits for visudo for ever.
    const slow = '/run/lns-slow-visudo';
    writeFileSync(slow, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    const argv = ['-euc', `mount --bind ${slow} /usr/sbin/visudo; exec "$@"`, 'sh', NODE, '--', HELPER];
    const killed = spawn('unshare', ['--mount', '--', 'sh', ...argv, 'install', '--allow', 'lnsalice']);
    const pid = killed.pid ?? 0;
    try {
      const visudo = await waitFor('visudo', () => descendantsOf(pid).find((child) => commOf(child) === 'sleep'));
      killed.kill('SIGKILL');
      await end([visudo]);
    } finally {
      await end([pid]);
      rmSync(slow);
    }
    const drafts = traces().filter((path) => path.endsWith('.new'));
    assert.deepEqual(
      drafts,
      [PATHS.command, PATHS.policy, PATHS.sudoers].map((path) => `${path}.new`),
    );
    const removed = await helper(['uninstall']);
    for (const draft of drafts) assert.ok(removed.stdout.includes(draft), removed.stdout);
    assert.deepEqual(traces(), []);
  });

  const BAD: [string, string[], RegExp][] = [
    ['root', ['--allow', 'root'], /"root"/],
    ['a group', ['--allow', '%sudo'], /"%sudo"/],
    ['everybody', ['--allow', 'ALL'], /"ALL"/],
    ['a line of sudoers', ['--allow', 'a ALL=(ALL) NOPASSWD: ALL\n#'], /is not the name/],
    ['an empty name', ['--allow', 'a,'], /""/],
    ['no name', ['--allow'], /--allow needs a value/],
    ['mnt', ['--allow', 'a', '--types', 'net,mnt'], /"mnt" cannot be allowed/],
    ['pid', ['--allow', 'a', '--types', 'pid'], /"pid" cannot be allowed/],
    ['user', ['--allow', 'a', '--types', 'user'], /"user" cannot be allowed/],
    ['types for nobody', ['--types', 'net'], /--allow too/],
    ['--allow twice', ['--allow', 'a', '--allow', 'b'], /"--allow"/],
    ['another option', ['--prefix', '/opt'], /"--prefix"/],
  ];
  for (const [what, args, says] of BAD) {
    it(`refuses ${what}, and installs nothing`, async () => {
      const result = await helper(['install', ...args]);
      assert.equal(result.code, EXIT.badArguments.code);
      assert.match(result.stderr, /^ns-helper: [^\n]+\n$/);
      assert.match(result.stderr, says);
      assert.deepEqual(traces(), []);
    });
  }

  it('refuses whoever is not root', async () => {
    const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    for (const verb of ['install', 'uninstall']) {
      const result = await capture('setpriv', [...asNobody, NODE, '--', HELPER, verb]);
      assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
      assert.match(result.stderr, /^ns-helper: [^\n]*sudo[^\n]*\n$/);
    }
    assert.deepEqual(traces(), []);
  });

  it('leaves nothing where visudo refuses the drop-in', async () => {
    const result = await inPrivateMounts('mount --bind /bin/false /usr/sbin/visudo', 'install', '--allow', 'lnsalice');
    assert.equal(result.code, EXIT.internal.code, result.stderr);
    assert.match(result.stderr, /^ns-helper: [^\n]*visudo[^\n]*\n$/);
    assert.deepEqual(traces(), []);
  });

  it('leaves nothing where there is no visudo', async () => {
    const noVisudo = 'mount --bind /dev/null /usr/sbin/visudo';
    const result = await inPrivateMounts(noVisudo, 'install', '--allow', 'lnsalice');
    assert.equal(result.code, EXIT.missingTool.code, result.stderr);
    assert.deepEqual(traces(), []);
  });

  it('that fails leaves what was installed before as it was', async () => {
    await helper(['install', '--allow', 'lnsalice']);
    const contents = (): Map<string, Buffer> =>
      new Map(
        [`${PATHS.lib}/helper.js`, PATHS.command, PATHS.policy, PATHS.sudoers].map((path) => [
          path,
          readFileSync(path),
        ]),
      );
    const [before, present] = [contents(), traces()];
    for (const fault of ['mount --bind /bin/false /usr/sbin/visudo', 'mount --bind -o ro /etc /etc']) {
      const result = await inPrivateMounts(fault, 'install', '--allow', 'lnsbob');
      assert.equal(result.code, EXIT.internal.code, result.stderr);
      assert.deepEqual(contents(), before, fault);
      assert.deepEqual(traces(), present, fault);
    }
  });

  // Each is a folder where somebody else could put a file in the place of what root runs.
  for (const [folder, change] of [
    ['/usr/local/lib', 'chmod g+w /usr/local/lib'],
    ['/usr/local/sbin', 'chown 4242 /usr/local/sbin'],
    ['/usr/local/sbin', 'chmod o+w,+t /usr/local/sbin'],
    ['/etc/ns-helper', 'mkdir -m 777 /etc/ns-helper'],
    ['/etc/sudoers.d', 'chmod g+w /etc/sudoers.d'],
  ] as const) {
    it(`refuses a folder that others can write: ${change}`, async () => {
      // Over a stand-in for the real one, which only this run sees.
      const parent = change.startsWith('mkdir') ? '/etc' : folder;
      const copy = `mkdir -p /run/lns-stand-in; mount -t tmpfs none /run/lns-stand-in; chmod 755 /run/lns-stand-in
        cp -a ${parent}/. /run/lns-stand-in; mount --bind /run/lns-stand-in ${parent}; ${change}`;
      const args = ['install', '--allow', 'lnsalice'];
      const result = await inPrivateMounts(copy, ...args);
      await run('rmdir', ['/run/lns-stand-in']);
      assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
      assert.match(result.stderr, new RegExp(`^ns-helper: ${folder}[^\\n]*users other than root can write[^\\n]*\\n$`));
      assert.deepEqual(traces(), []);
    });
  }

  const FOREIGN = '/opt/lns-foreign';
  const foreign: [what: string, script: string, named: string][] = [
    [
      'loads from a user’s folder',
      `patchelf --set-rpath ${FOREIGN}/theirs node; cp "$(ldd node | sed -n 's/.*libm.so.6 => \\([^ ]*\\).*/\\1/p')" theirs`,
      `${FOREIGN}/theirs`,
    ],
    ['would load from one that a user can make', `patchelf --set-rpath ${FOREIGN}/theirs/lib node`, 'theirs/lib'],
    ['would load from where it is started', 'patchelf --set-rpath lib node', '"lib"'],
    [
      'loads a library of a user’s by its path',
      `lib=$(ldd node | sed -n 's/.*libm.so.6 => \\([^ ]*\\).*/\\1/p'); cp "$lib" theirs; chown 4242 theirs/*
       patchelf --replace-needed libm.so.6 ${FOREIGN}/theirs/libm.so.6 node`,
      'libm.so.6',
    ],
  ];
  for (const [what, script, named] of foreign) {
    it(`refuses a Node that ${what}, and leaves nothing`, async () => {
      try {
        const make = `mkdir -m 755 theirs; chown 4242 theirs; cp "$1" node; ${script}`;
        await run('install', ['--directory', '--mode=755', FOREIGN]);
        await run('sh', ['-euc', make, 'sh', NODE], { cwd: FOREIGN });
        const result = await capture(`${FOREIGN}/node`, ['--', HELPER, 'install']);
        assert.equal(result.code, EXIT.missingTool.code, result.stderr);
        assert.match(result.stderr, /^ns-helper: [^\n]*users other than root[^\n]*\n$/);
        assert.ok(result.stderr.includes(named), result.stderr);
        assert.deepEqual(traces(), []);
      } finally {
        await run('rm', ['-r', FOREIGN]);
      }
    });
  }

  it('takes along a Node that others than root can replace', async () => {
    // A copy below /tmp, which everybody can write.
    const folder = (await run('mktemp', ['--directory'])).trim();
    try {
      await run('cp', [NODE, `${folder}/node`]);
      const result = await capture(`${folder}/node`, ['--', HELPER, 'install']);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual([mode(`${PATHS.lib}/node`), lstatSync(`${PATHS.lib}/node`).uid], ['755', 0]);
      writeFileSync(`${folder}/node`, 'replaced');
      assert.equal(await run(PATHS.command, ['--version']), (await helper(['--version'])).stdout);
    } finally {
      await run('rm', ['-r', folder]);
    }
  });
});
