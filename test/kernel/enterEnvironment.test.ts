// The environment that the command gets: byte for byte what the caller's private file holds, without any of it acting on
// the helper; or one that fits where there is no file.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT, OWN_MOUNTS } from '../../helper/protocol';
import { capture, waitFor, type RunOptions, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { commOf, ENV_OPTION, HELPER, NODE, REMOVE_ENV_OPTION } from './support';
import { asUser, bySudo, PublicCopy } from './supportUsers';

const NUL = '\0';
const block = (...entries: (string | Buffer)[]): Buffer =>
  Buffer.concat(entries.flatMap((entry) => [Buffer.from(entry), Buffer.from(NUL)]));

/**
 * Variables that have the dynamic loader (ld.so(8)), Node and shells do something: each that obeys leaves a file in `folder`, which
 * is made ready for that.
 */
function hostileVariables(folder: string): string[] {
  const mark = (name: string): string => join(folder, `mark-${name}`);
  writeFileSync(join(folder, 'evil.js'), `require('fs').writeFileSync(${JSON.stringify(mark('node'))}, '')`);
  writeFileSync(join(folder, 'evil.sh'), `: > ${mark('shell')}\n`);
  // Modules by names that a bundle might ask for.
  for (const name of ['koffi', 'verbs', 'scanVerb']) cpSync(join(folder, 'evil.js'), join(folder, `${name}.js`));
  return [
    `NODE_OPTIONS=--require=${join(folder, 'evil.js')}`,
    `NODE_PATH=${folder}`,
    'LD_DEBUG=files',
    `LD_DEBUG_OUTPUT=${mark('loader')}`,
    'IFS=/',
    `ENV=${join(folder, 'evil.sh')}`,
    `BASH_ENV=${join(folder, 'evil.sh')}`,
  ];
}

/** What obeyed, once for each program that did. */
const whoObeyed = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => /^mark-(\w+)/.exec(name)?.[1] ?? []);

describe('enter: the environment', () => {
  let user: TestUser;
  let box: Sandbox;
  let files = 0;

  before(async () => {
    user = await makeUser('nopasswd');
    box = await startSandbox({ types: ['ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] });
  });
  after(async () => {
    await box.stop();
    await user.remove();
  });

  /** A file of the user's own, as the extension's launcher leaves it. */
  function userFile(content: Buffer | string, mode = 0o600): string {
    const path = join(user.home, `env-${files++}`);
    writeFileSync(path, content);
    chownSync(path, user.uid, user.gid);
    chmodSync(path, mode);
    return path;
  }

  function enterAsUser(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const argv = [NODE, '--', HELPER, 'enter', '--target', String(box.pid), ...args];
    const [program = '', ...rest] = bySudo(user, argv);
    return capture(program, rest, { env: user.env, cwd: user.home, ...options });
  }

  /** What a command gets as its environment, by copying its own /proc/self/environ. */
  async function environmentInside(...args: string[]): Promise<Buffer> {
    const out = join(user.home, `out-${files++}`);
    const result = await enterAsUser([...args, '--', '/bin/cp', '/proc/thread-self/environ', out]);
    assert.equal(result.code, 0, result.stderr);
    return readFileSync(out);
  }

  const WAYS = ['net', 'mnt,pid', 'time', 'user'];
  const CONTENT = block(
    'PATH=/usr/bin:/bin',
    'EMPTY=',
    'EQUALS=a=b==',
    'LINES=one\ntwo\r\n\ttab',
    'UMLAUT=\u00e4\u{1f980}',
    Buffer.from([...Buffer.from('BYTES='), 0xff, 0xfe, 0x80, 0x01, 0x1b, 0xc3]),
    Buffer.from([...Buffer.from('LATIN1_'), 0xe4, ...Buffer.from('=\u00fc')]),
    `LONG=${'x'.repeat(100 * 1024)}`,
    'BASH_FUNC_f%%=() { echo f; }',
    'TWICE=first',
    'TWICE=second',
  );

  for (const types of WAYS) {
    it(`byte for byte from the file, in ${types}`, async () => {
      const found = await environmentInside('--join', types, ENV_OPTION, userFile(CONTENT));
      const readable = (bytes: Buffer): string[] => bytes.toString('latin1').split(NUL);
      assert.deepEqual(readable(found), readable(CONTENT));
    });
  }

  it('a last entry without its NUL, and entries without a name', async () => {
    const found = await environmentInside('--join', 'net', ENV_OPTION, userFile('A=1\0nothing\0=x\0\0B=2'));
    assert.equal(found.toString(), 'A=1\0B=2\0');
  });

  it('an empty file gives an empty environment', async () => {
    const found = await environmentInside('--join', 'net', ENV_OPTION, userFile(''));
    assert.equal(found.toString(), '');
  });

  for (const types of WAYS) {
    it(`the file is removed when asked for, in ${types}, and left otherwise`, async () => {
      const file = userFile('A=1\0');
      const args = ['--join', types, ENV_OPTION, file];
      await enterAsUser([...args, '--', '/bin/true']);
      assert.ok(existsSync(file));
      const seen = await enterAsUser([...args, REMOVE_ENV_OPTION, '--', '/bin/ls', file]);
      assert.notEqual(seen.code, 0, 'the command still saw it');
      assert.ok(!existsSync(file));
    });
  }

  it('of another user, though root could read it: refused', async () => {
    const theirs = userFile('A=1\0');
    chownSync(theirs, 0, 0);
    const result = await enterAsUser(['--join', 'net', ENV_OPTION, theirs, REMOVE_ENV_OPTION, '--', '/bin/true']);
    assert.equal(result.code, EXIT.badEnvFile.code, result.stderr);
    assert.ok(existsSync(theirs));
  });

  it('in a folder that only root can enter: refused', async () => {
    const folder = join(user.home, 'closed');
    mkdirSync(folder, { mode: 0o700 });
    const inside = join(folder, 'env');
    writeFileSync(inside, 'A=1\0', { mode: 0o600 });
    chownSync(inside, user.uid, user.gid);
    const result = await enterAsUser(['--join', 'net', ENV_OPTION, inside, '--', '/bin/true']);
    assert.equal(result.code, EXIT.badEnvFile.code, result.stderr);
  });

  for (const types of [...WAYS, 'user,mnt']) {
    it(`does not act on anything that still has rights, in ${types}`, async () => {
      const evil = join(user.home, `evil-${files++}`);
      mkdirSync(evil, { mode: 0o777 });
      chownSync(evil, user.uid, user.gid);
      const file = userFile(block(...hostileVariables(evil), 'X=\nNODE_OPTIONS=--require=${evil}/evil.js\n'));
      const result = await enterAsUser(['--join', types, ENV_OPTION, file, '--', '/bin/true']);
      assert.equal(result.code, 0, result.stderr);
      // The command itself obeys, as it would anywhere.
      assert.deepEqual(whoObeyed(evil), ['loader']);
    });
  }

  it('what Node obeys is obeyed by no helper inside a user namespace, and is left to the command', async () => {
    const script = join(user.home, 'evil.js');
    // Whoever runs it tells on which command line: the helper that the user starts, and who else?
    const seen = join(user.home, 'seen');
    writeFileSync(script, `require('fs').appendFileSync(${JSON.stringify(seen)}, process.argv[2] + '\\n')`);
    const own = await startSandbox({ types: ['user', 'net', 'pid'], user });
    const copy = new PublicCopy();
    try {
      const entering = ['enter', '--target', String(own.pid), '--join', 'user,net,pid', '--as', 'root', '--', 'env'];
      const [program = '', ...args] = asUser(user, [copy.node, '--', copy.helper, ...entering]);
      const variables = { NODE_OPTIONS: `--require=${script}`, VSCODE_INSPECTOR_OPTIONS: '{}' };
      const { code, stdout, stderr } = await capture(program, args, { env: { ...user.env, ...variables } });
      assert.equal(code, 0, stderr);
      assert.equal(readFileSync(seen, 'utf8'), 'enter\n');
      for (const [name, value] of Object.entries(variables)) assert.ok(stdout.includes(`${name}=${value}\n`), name);
    } finally {
      copy.remove();
      await own.stop();
    }
  });

  it('without a file: the caller’s own of sudo, as the caller', async () => {
    const found = await environmentInside('--join', 'net');
    const entries = found.toString().split(NUL).filter(Boolean);
    for (const entry of [`HOME=${user.home}`, `USER=${user.name}`, `LOGNAME=${user.name}`, 'SHELL=/bin/bash']) {
      assert.ok(entries.includes(entry), `${entry} is missing of ${entries.join(' ')}`);
    }
    assert.deepEqual(
      entries.filter((entry) => entry.startsWith('SUDO_')),
      [],
    );
  });

  it('without a file, in mnt: nothing of the host’s', async () => {
    const found = await environmentInside('--join', 'mnt,pid');
    const names = found
      .toString()
      .split(NUL)
      .filter(Boolean)
      .map((entry) => entry.replace(/=.*/s, ''));
    assert.deepEqual(names.filter((name) => name !== 'TERM').sort(), ['HOME', 'LOGNAME', 'PATH', 'USER']);
  });

  it('of root itself, in net: exactly what it was started with', async () => {
    const env = { PATH: '/usr/bin:/bin', MINE: 'a\nb', NODE_NO_WARNINGS: '1' };
    const args = ['--', HELPER, 'enter', '--target', String(box.pid), '--join', 'net', '--', 'env', '-0'];
    const { stdout } = await capture(NODE, args, { env });
    assert.deepEqual(
      stdout.split(NUL).filter(Boolean).sort(),
      Object.entries(env)
        .map((pair) => pair.join('='))
        .sort(),
    );
  });

  it('is where the command is looked for: its PATH', async () => {
    const bin = join(user.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'only-here'), '#!/bin/sh\necho "found $0"\n', { mode: 0o755 });
    const file = userFile(`PATH=/nowhere::${bin}\0`);
    const result = await enterAsUser(['--join', 'net', ENV_OPTION, file, '--', 'only-here', 'x']);
    assert.equal(result.stdout, `found ${bin}/only-here\n`, result.stderr);
    rmSync(bin, { recursive: true });
  });

  it('of root itself, without sudo’s care: does not act on what starts Node, or on Node', async () => {
    const evil = join(user.home, `evil-${files++}`);
    mkdirSync(evil);
    // All but what the loader of Node itself obeys before Node is there, and NODE_OPTIONS, which Node is free to obey out here.
    const kept = hostileVariables(evil).filter((entry) => !/^(?:LD_|NODE_OPTIONS)/.test(entry));
    const env: NodeJS.ProcessEnv = { ...process.env };
    for (const entry of kept) env[entry.slice(0, entry.indexOf('='))] = entry.slice(entry.indexOf('=') + 1);
    for (const types of WAYS) {
      const args = ['--target', String(box.pid), '--join', types, '--as', 'root', '--', '/bin/true'];
      const enter = [NODE, '--', HELPER, 'enter', OWN_MOUNTS.option, ...args];
      const { code, stderr } = await capture(OWN_MOUNTS.program, [...OWN_MOUNTS.args, ...enter], { env });
      assert.deepEqual([code, stderr, whoObeyed(evil)], [0, '', []], types);
    }
  });

  describe('of the target, taken on with its files', () => {
    for (const types of ['mnt,net', 'mnt,pid', 'mnt,time', 'mnt,user,pid']) {
      it(`byte for byte, and does not act on anything that still has rights, in ${types}`, async () => {
        const evil = join(user.home, `evil-${files++}`);
        mkdirSync(evil, { mode: 0o777 });
        chmodSync(evil, 0o777);
        const set = hostileVariables(evil).filter((entry) => !entry.startsWith('LD_'));
        // The shell sets these last: its own programs would obey them.
        const script = `export BINARY=$'\\xff\\xfe\\x01 = \\n' LD_PRELOAD=libc.so.6 LD_DEBUG=files LD_DEBUG_OUTPUT=${evil}/mark-loader
          exec -a sandbox sleep 1000`;
        const other = await startSandbox({
          types: types.split(',') as NamespaceName[],
          command: ['env', '-i', ...set, 'PATH=/usr/bin:/bin', 'bash', '--norc', '-c', script],
        });
        try {
          await waitFor('its loader', () => commOf(other.pid) === 'sleep' && whoObeyed(evil).includes('loader'));
          const before = whoObeyed(evil);
          const out = join(evil, 'out');
          const args = ['--target', String(other.pid), '--join', types, '--as', 'target'];
          const env = { ...process.env, TERM: undefined };
          const copy = ['--', '/bin/cp', '/proc/thread-self/environ', out];
          const { code, stderr } = await capture(NODE, ['--', HELPER, 'enter', ...args, ...copy], { env });
          assert.equal(code, 0, stderr);
          const readable = (bytes: Buffer): string[] => bytes.toString('latin1').split(NUL);
          assert.deepEqual(readable(readFileSync(out)), readable(readFileSync(`/proc/${other.pid}/environ`)));
          assert.deepEqual(whoObeyed(evil).sort(), [...before, 'loader'].sort());
        } finally {
          await other.stop();
        }
      });
    }
  });

  describe('that is too long for the kernel', () => {
    const LONG: [string, string, RegExp][] = [
      ['one variable', `SHORT=1\0LONG=${'x'.repeat(200 * 1024)}\0`, /"LONG" has 204805 bytes, .* at most 131071 /],
      [
        'all in all',
        Array.from({ length: 70 }, (_, index) => `V${index}=${'x'.repeat(60 * 1024)}\0`).join(''),
        /environment has 43\d{5} bytes in 70 variables, .*ulimit -s/,
      ],
    ];
    for (const [what, content, says] of LONG) {
      for (const types of WAYS) {
        it(`${what}, in ${types}: said, with what to do`, async () => {
          const file = userFile(content);
          const { code, stderr } = await enterAsUser(['--join', types, ENV_OPTION, file, '--', '/bin/true']);
          assert.equal(code, EXIT.notExecutable.code, stderr);
          assert.match(stderr, /^ns-helper: [^\n]+\n$/);
          assert.match(stderr, says);
        });
      }
    }
  });
});
