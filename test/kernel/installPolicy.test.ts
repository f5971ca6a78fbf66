// What a user whom the policy lists can do without a password: join the listed types as themselves. And every way out of
// that which we could think of, tried one by one: each is refused, and nothing is executed.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { EXIT, type ExitCause } from '../../helper/protocol';
import { PATHS } from '../../helper/install/paths';
import { background, capture, end, run, type RunOptions, type RunResult, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { helper, inodesOf } from './support';
import { refuseToReplace } from './installSupport';
import { asUser } from './supportUsers';

describe('install: the policy', () => {
  let listed: TestUser;
  let unlisted: TestUser;
  let box: Sandbox;
  /** A sandbox of the listed user's own, whose files they choose. */
  let own: Sandbox;
  /** Where everybody may write; nobody may through a link of another's making. */
  let folder: string;

  /** What to undo, the last first: also where not all of it was made. */
  const undo: (() => unknown)[] = [];

  before(async () => {
    refuseToReplace();
    listed = await makeUser('none');
    undo.push(() => listed.remove());
    unlisted = await makeUser('none');
    undo.push(() => unlisted.remove());
    folder = mkdtempSync('/tmp/lns-policy-');
    undo.push(() => {
      rmSync(folder, { recursive: true });
    });
    chmodSync(folder, 0o777);
    box = await startSandbox({ types: ['mnt', 'net', 'pid', 'time', 'user', 'uts'] });
    undo.push(() => box.stop());
    // A bind mount takes no right to read what is mounted.
    writeFileSync(file('secret'), 'nameserver 192.0.2.66\n', { mode: 0o600 });
    writeFileSync(file('hosts'), '192.0.2.7 believed.example\n', { mode: 0o644 });
    const script = `mount --bind ${file('secret')} /etc/resolv.conf; mount --bind ${file('hosts')} /etc/hosts
      touch ${file('ready')}; exec -a sandbox sleep 1000`;
    own = await startSandbox({ types: ['user', 'mnt', 'net'], user: listed, command: ['bash', '-ec', script] });
    undo.push(() => own.stop());
    await waitFor('the sandbox of the user', () => existsSync(file('ready')));
    undo.push(() => helper(['uninstall']));
    const installed = await helper(['install', '--allow', listed.name, '--types', 'net,uts,time']);
    assert.equal(installed.code, 0, installed.stderr);
  });
  after(async () => {
    for (const step of undo.reverse()) await step();
  });
  afterEach(() => {
    rmSync(mark(), { force: true });
  });

  const file = (name: string): string => join(folder, name);
  /** What a command that is not to run would leave. */
  const mark = (): string => file('mark');
  const touch = (): string[] => ['--', 'touch', mark()];

  function sudo(user: TestUser, argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const shell = ['sh', '-c', '"$@"; exit $?', 'sh', 'sudo', '--non-interactive'];
    const [program = '', ...args] = asUser(user, [...shell, ...argv]);
    return capture(program, args, { env: user.env, cwd: '/', ...options });
  }
  const enterAs = (user: TestUser, args: readonly string[], options?: RunOptions): Promise<RunResult> =>
    sudo(user, [PATHS.command, 'enter', ...args], options);
  const net = (): string[] => ['--target', String(box.pid), '--join', 'net'];

  for (const types of ['net', 'net,uts', 'time', 'net,time,uts']) {
    it(`joins ${types} without a password, as themselves, with no right at all`, async () => {
      const script = 'id -u; id -g; id -G; readlink /proc/self/ns/net; cat /proc/self/status';
      const args = ['--target', String(box.pid), '--join', types, '--', 'sh', '-c', script];
      const { code, stdout, stderr } = await enterAs(listed, args);
      assert.equal(code, 0, stderr);
      const [uid, gid, groups, link, ...status] = stdout.split('\n');
      assert.deepEqual([uid, gid, groups], [String(listed.uid), String(listed.gid), String(listed.gid)]);
      const expected = inodesOf(types.includes('net') ? box.pid : 'self').net;
      assert.equal(link, `net:[${expected}]`);
      const value = (key: string): string | undefined =>
        status
          .find((line) => line.startsWith(`${key}:`))
          ?.split('\t')
          .slice(1)
          .join(' ');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(value(set) ?? '', /^0+$/, set);
      assert.equal(value('NoNewPrivs'), '1');
      assert.equal(value('Uid'), Array(4).fill(listed.uid).join(' '));
    });
  }

  it('joins a network namespace by its name in /run/netns', async () => {
    const name = `lns-${randomBytes(3).toString('hex')}`;
    await run('ip', ['netns', 'add', name]);
    try {
      const result = await enterAs(listed, ['--file', `net=/run/netns/${name}`, ...touch()]);
      assert.equal(result.code, 0, result.stderr);
      assert.equal(statSync(mark()).uid, listed.uid);
    } finally {
      await run('ip', ['netns', 'delete', name]);
    }
  });

  it('is not for a user who is not listed', async () => {
    const result = await enterAs(unlisted, [...net(), ...touch()]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /^sudo: /);
    assert.ok(!existsSync(mark()));
  });

  // What the helper refuses.
  const REFUSED: [string, () => string[], ExitCause][] = [
    ['--as root', () => [...net(), '--as', 'root'], 'notPermitted'],
    ['--as target', () => [...net(), '--as', 'target'], 'notPermitted'],
    ['--as 0', () => [...net(), '--as', '0'], 'notPermitted'],
    ['--as of another user', () => [...net(), '--as', `${unlisted.uid}:${unlisted.gid}`], 'notPermitted'],
    ['--as of their own id', () => [...net(), '--as', String(listed.uid)], 'notPermitted'],
    ['--as given twice', () => [...net(), '--as', 'me', '--as', 'root'], 'badArguments'],
    ...['mnt', 'user', 'pid', 'ipc', 'cgroup', 'net,mnt', 'net,user'].map(
      (types): [string, () => string[], ExitCause] => [
        `joining ${types}`,
        () => ['--target', String(box.pid), '--join', types],
        'notPermitted',
      ],
    ),
    ['mnt of a sandbox of their own', () => ['--target', String(own.pid), '--join', 'mnt'], 'notPermitted'],
    ['user of a sandbox of their own', () => ['--target', String(own.pid), '--join', 'user,net'], 'notPermitted'],
    ['mnt of a second target', () => [...net(), '--target', String(own.pid), '--join', 'mnt'], 'notPermitted'],
    ...['net', 'uts', 'mnt', 'user'].map((type): [string, () => string[], ExitCause] => [
      `--new ${type}`,
      () => ['--new', type],
      'notPermitted',
    ]),
    ['--new beside a join', () => [...net(), '--new', 'uts'], 'notPermitted'],
    ['--root', () => [...net(), '--root', '/'], 'badArguments'],
    ['--root with mnt', () => ['--target', String(own.pid), '--join', 'net,mnt', '--root', folder], 'notPermitted'],
    ['--file of a process', () => ['--file', `net=/proc/${box.pid}/ns/net`], 'notPermitted'],
    ['--file of another type', () => ['--file', `mnt=/proc/${own.pid}/ns/mnt`], 'notPermitted'],
    ['--file with ..', () => ['--file', `net=/run/netns/../../proc/${box.pid}/ns/net`], 'notPermitted'],
    ['--file that is ..', () => ['--file', 'net=/run/netns/..'], 'wrongNamespace'],
    ['--file in their own folder', () => ['--file', `net=${folder}/net`], 'notPermitted'],
    ['an unknown option', () => [...net(), '--inh-caps=+all'], 'badArguments'],
    ['a directory that they cannot enter', () => [...net(), '--cwd', '/root'], 'badDirectory'],
    ['an environment file of root’s', () => [...net(), '--environment-file', '/etc/shadow'], 'badEnvFile'],
    ['an environment file of the kernel’s', () => [...net(), '--environment-file', '/proc/1/environ'], 'badEnvFile'],
  ];
  for (const [what, args, cause] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const result = await enterAs(listed, [...args(), ...touch()]);
      assert.equal(result.code, EXIT[cause].code, result.stderr);
      assert.match(result.stderr, /^ns-helper: [^\n]+\n$/);
      assert.ok(!existsSync(mark()));
    });
  }

  // What sudo refuses: it would ask for a password, and there is none that helps.
  const NOT_BY_SUDO: [string, () => string[]][] = [
    ['install', () => [PATHS.command, 'install']],
    ['install --allow', () => [PATHS.command, 'install', '--allow', listed.name, '--types', 'net']],
    ['uninstall', () => [PATHS.command, 'uninstall']],
    ['power', () => [PATHS.command, 'power', 'halt', '--target', String(box.pid)]],
    ['scan', () => [PATHS.command, 'scan', '--json']],
    ['doctor', () => [PATHS.command, 'doctor']],
    ['resume', () => [PATHS.command, 'resume', '0']],
    ['no verb', () => [PATHS.command]],
    ['a verb after --', () => [PATHS.command, '--', 'enter', ...net(), ...touch()]],
    ['an option before the verb', () => [PATHS.command, '--version', 'enter']],
    ['the helper past its wrapper', () => ['node', '--', `${PATHS.lib}/helper.js`, 'enter', ...net(), ...touch()]],
    ['a shell', () => ['--shell', PATHS.command, 'enter', ...net(), ...touch()]],
    ['a login shell', () => ['--login', PATHS.command, 'enter', ...net(), ...touch()]],
    ['another user', () => ['--user', unlisted.name, PATHS.command, 'enter', ...net(), ...touch()]],
    ['another group', () => ['--group', 'root', PATHS.command, 'enter', ...net(), ...touch()]],
    ['another root directory', () => ['--chroot', folder, PATHS.command, 'enter', ...net(), ...touch()]],
    ['another directory', () => ['--chdir', '/root', PATHS.command, 'enter', ...net(), ...touch()]],
    ['more descriptors', () => ['--close-from', '99', PATHS.command, 'enter', ...net(), ...touch()]],
    ['their whole environment', () => ['--preserve-env', PATHS.command, 'enter', ...net(), ...touch()]],
    ...['NODE_OPTIONS=--version', 'NODE_PATH=/tmp', 'LD_PRELOAD=/tmp/x', 'SUDO_UID=0', 'PATH=/tmp'].map(
      (variable): [string, () => string[]] => [
        variable,
        () => [variable, PATHS.command, 'enter', ...net(), ...touch()],
      ],
    ),
    ['to edit the policy', () => ['--edit', PATHS.policy]],
  ];
  for (const [what, argv] of NOT_BY_SUDO) {
    it(`sudo does not let them have ${what}`, async () => {
      const result = await sudo(listed, argv());
      assert.equal(result.code, 1, result.stdout + result.stderr);
      assert.match(result.stderr, /^sudo(?:edit)?: /);
      assert.ok(!existsSync(mark()));
    });
  }

  it('a link of theirs to the command is no other command', async () => {
    const link = join(listed.home, 'ns-helper');
    symlinkSync(PATHS.command, link);
    const result = await sudo(listed, [link, 'enter', ...net(), '--as', 'root', ...touch()]);
    assert.ok([1, EXIT.notPermitted.code].includes(result.code ?? 0), result.stderr);
    assert.ok(!existsSync(mark()));
  });

  it('options after -- are the command’s own', async () => {
    const { code, stdout } = await enterAs(listed, [...net(), '--', 'printf', '%s\n', '--as', 'root', '--', '--root']);
    assert.deepEqual([code, stdout], [0, '--as\nroot\n--\n--root\n']);
    assert.equal((await enterAs(listed, [...net(), '--', '--as', 'root'])).code, EXIT.notFound.code);
  });

  /** A script that tells who ran it, by its owner. */
  function evilScript(): string {
    const script = file('evil.js');
    writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(mark())}, '')`, { mode: 0o644 });
    return script;
  }

  it('nothing in their environment reaches Node or the helper, whatever sudo is told to keep', async () => {
    const evil = evilScript();
    const kept = file('written-by-node');
    mkdirSync(kept);
    chmodSync(kept, 0o777);
    const env = {
      ...listed.env,
      NODE_OPTIONS: `--require=${evil}`,
      NODE_PATH: folder,
      NODE_COMPILE_CACHE: join(kept, 'cache'),
      NODE_V8_COVERAGE: join(kept, 'coverage'),
      NODE_REDIRECT_WARNINGS: join(kept, 'warnings'),
      OPENSSL_CONF: evil,
      LD_PRELOAD: evil,
      ENV: evil,
      BASH_ENV: evil,
      SUDO_UID: '0',
      SUDO_GID: '0',
      SUDO_USER: 'root',
      DOAS_USER: 'root',
    };
    const drop = `/etc/sudoers.d/lns${randomBytes(3).toString('hex')}`;
    writeFileSync(drop, `Defaults env_keep += "${Object.keys(env).join(' ')}"\n`, { mode: 0o440 });
    try {
      await run('visudo', ['--check', '--quiet', '--file', drop]);
      const result = await enterAs(listed, [...net(), '--', 'id', '-u'], { env });
      // The loader's complaint about LD_PRELOAD is of the programs before sudo.
      assert.deepEqual([result.code, result.stdout], [0, `${listed.uid}\n`], result.stderr);
      // One that ends as Node ends: that is when coverage would be written.
      assert.equal((await enterAs(listed, [...net(), '--as', 'root'], { env })).code, EXIT.notPermitted.code);
    } finally {
      rmSync(drop);
    }
    assert.ok(!existsSync(mark()));
    assert.deepEqual(readdirSync(kept), []);
  });

  describe('the environment file', () => {
    function envFile(content: string): string {
      const path = join(listed.home, 'env');
      rmSync(path, { force: true });
      writeFileSync(path, content, { mode: 0o600 });
      chownSync(path, listed.uid, listed.gid);
      return path;
    }

    for (const types of ['net', 'net,time']) {
      it(`acts on their own command alone, in ${types}`, async () => {
        // Every program that obeys it complains once (ld.so(8)).
        const path = envFile(
          `LD_PRELOAD=/lns-none.so\0NODE_OPTIONS=--require=${evilScript()}\0PATH=/usr/bin\0SUDO_UID=0\0`,
        );
        const args = ['--target', String(box.pid), '--join', types, '--environment-file', path];
        const { code, stdout, stderr } = await enterAs(listed, [...args, '--', 'id', '-u']);
        assert.deepEqual([code, stdout], [0, `${listed.uid}\n`]);
        assert.equal(stderr.match(/lns-none\.so/g)?.length, 1, stderr);
        assert.ok(!existsSync(mark()));
      });
    }

    const ODD: [string, (path: string) => void][] = [
      [
        'of another user',
        (path) => {
          chownSync(path, unlisted.uid, unlisted.gid);
        },
      ],
      [
        'that others can read',
        (path) => {
          chmodSync(path, 0o644);
        },
      ],
      [
        'that is a FIFO',
        (path) => {
          rmSync(path);
        },
      ],
      [
        'that is a link to one of root’s',
        (path) => {
          rmSync(path);
          symlinkSync(file('secret'), path);
        },
      ],
      [
        'that is a device',
        (path) => {
          rmSync(path);
          symlinkSync('/dev/zero', path);
        },
      ],
      [
        'that is a folder',
        (path) => {
          rmSync(path);
          mkdirSync(path, { mode: 0o700 });
          chownSync(path, listed.uid, listed.gid);
        },
      ],
    ];
    for (const [what, change] of ODD) {
      it(`${what} is refused`, async () => {
        const path = envFile('A=1\0');
        change(path);
        if (what.endsWith('FIFO')) {
          await run('mkfifo', ['-m', '600', path]);
          chownSync(path, listed.uid, listed.gid);
        }
        const result = await enterAs(listed, [
          ...net(),
          '--environment-file',
          path,
          '--remove-environment-file',
          ...touch(),
        ]);
        rmSync(path, { recursive: true });
        assert.equal(result.code, EXIT.badEnvFile.code, result.stderr);
        assert.ok(!existsSync(mark()));
      });
    }

    it('that is swapped for a link to root’s while it is looked at is theirs or refused, never root’s', async () => {
      const path = join(listed.home, 'swapped');
      const swap = `printf 'A=mine\\0' > own; chmod 600 own
        while :; do ln -f own "$1"; ln -sf "$2" link; mv -f link "$1"; cp -p own new; mv -f new "$1"; done`;
      const argv = asUser(listed, ['sh', '-c', swap, 'sh', path, file('secret')]);
      const [program = '', ...args] = argv;
      const swapper = await background(program, args, '/dev/null', { cwd: listed.home });
      try {
        await waitFor('the swapper', () => existsSync(path));
        for (let round = 0; round < 20; round++) {
          const result = await enterAs(listed, [...net(), '--environment-file', path, '--', '/usr/bin/env']);
          if (result.code === 0) assert.equal(result.stdout, 'A=mine\n');
          else assert.equal(result.code, EXIT.badEnvFile.code, result.stderr);
        }
      } finally {
        await end([swapper.pid]);
      }
    });
  });

  it('a set-user-ID program in there gives no rights', async () => {
    const program = file('id');
    copyFileSync('/usr/bin/id', program);
    chmodSync(program, 0o4755);
    // Outside it does, or this test would show nothing.
    const [setpriv = '', ...args] = asUser(listed, [program, '-u']);
    assert.equal((await capture(setpriv, args)).stdout, '0\n');
    for (const types of ['net', 'net,time']) {
      const inside = ['--target', String(own.pid), '--join', types === 'net' ? 'net' : 'net,uts', '--', program, '-u'];
      assert.equal((await enterAs(listed, inside)).stdout, `${listed.uid}\n`);
    }
  });

  it('what they say of names in a sandbox of their own, no set-user-ID program believes', async () => {
    const args = ['--target', String(own.pid), '--join', 'net', '--', 'sh', '-c'];
    const seen = await enterAs(listed, [...args, 'cat /etc/hosts; grep NoNewPrivs /proc/self/status']);
    assert.equal(seen.stdout, '192.0.2.7 believed.example\nNoNewPrivs:\t1\n', seen.stderr);
  });

  it('a file that they may not read, mounted as resolv.conf in a sandbox of their own, stays unread', async () => {
    const inside = readFileSync(`/proc/${own.pid}/root/etc/resolv.conf`, 'utf8');
    assert.match(inside, /192\.0\.2\.66/);
    const seen = await enterAs(listed, ['--target', String(own.pid), '--join', 'net', '--', 'cat', '/etc/resolv.conf']);
    assert.equal(seen.stdout, readFileSync('/etc/resolv.conf', 'utf8'), seen.stderr);
  });

  describe('a policy that cannot be relied on', () => {
    let policy: string;
    let sudoers: string;
    before(() => {
      policy = readFileSync(PATHS.policy, 'utf8');
      sudoers = readFileSync(PATHS.sudoers, 'utf8');
    });
    afterEach(() => {
      rmSync(PATHS.policy, { force: true });
      writeFileSync(PATHS.policy, policy, { mode: 0o644 });
      writeFileSync(PATHS.sudoers, sudoers);
    });

    const CHANGES: [string, () => void][] = [
      [
        'others can write it',
        () => {
          chmodSync(PATHS.policy, 0o666);
        },
      ],
      [
        'it belongs to another',
        () => {
          chownSync(PATHS.policy, listed.uid, 0);
        },
      ],
      [
        'it is no JSON',
        () => {
          writeFileSync(PATHS.policy, '{');
        },
      ],
      [
        'it is empty',
        () => {
          writeFileSync(PATHS.policy, '');
        },
      ],
      [
        'it names unknown types',
        () => {
          writeFileSync(PATHS.policy, policy.replace('"net"', '"network"'));
        },
      ],
      [
        'it names types that give rights',
        () => {
          writeFileSync(PATHS.policy, policy.replace('"net"', '"mnt"'));
        },
      ],
      [
        'it is missing, while sudo still lets them in',
        () => {
          rmSync(PATHS.policy);
        },
      ],
    ];
    for (const [what, change] of CHANGES) {
      it(`refuses all: ${what}`, async () => {
        change();
        for (const as of ['me', 'root']) {
          const result = await enterAs(listed, [...net(), '--as', as, ...touch()]);
          assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
          assert.ok(result.stderr.includes(PATHS.policy), result.stderr);
        }
        assert.ok(!existsSync(mark()));
      });
    }

    it('one who was taken out of it, but not out of sudoers, is not free of it', async () => {
      writeFileSync(PATHS.policy, policy.replace(listed.name, unlisted.name));
      const result = await enterAs(listed, [...net(), '--as', 'root', ...touch()]);
      assert.equal(result.code, EXIT.notPermitted.code, result.stderr);
      assert.ok(!existsSync(mark()));
    });

    it('one who is named in it by another name of the same user id is bound', async () => {
      const alias = `lns${randomBytes(3).toString('hex')}`;
      await run('useradd', ['--non-unique', '--uid', String(listed.uid), '--no-create-home', alias]);
      try {
        writeFileSync(PATHS.policy, policy.replace(listed.name, alias));
        // What lets them in is not ns-helper's own file.
        writeFileSync(PATHS.sudoers, sudoers.replace(`${listed.name} `, `#${listed.uid} `));
        const allowed = await enterAs(listed, [...net(), '--', 'id', '-u']);
        assert.deepEqual([allowed.code, allowed.stdout], [0, `${listed.uid}\n`], allowed.stderr);
        const refused = await enterAs(listed, [...net(), '--as', 'root', ...touch()]);
        assert.equal(refused.code, EXIT.notPermitted.code, refused.stderr);
        assert.ok(!existsSync(mark()));
      } finally {
        await run('userdel', ['--force', alias]);
      }
    });

    it('one whose name differs in case alone, and whom sudo therefore lets in, is bound', async () => {
      const name = `lns${randomBytes(3).toString('hex')}A`;
      await run('useradd', ['--badname', '--no-create-home', name]);
      try {
        const plain = name.toLowerCase();
        writeFileSync(PATHS.policy, policy.replace(listed.name, plain));
        writeFileSync(PATHS.sudoers, sudoers.replace(listed.name, plain));
        const ids = [Number(await run('id', ['-u', name])), Number(await run('id', ['-g', name]))] as const;
        const other = { ...listed, name, uid: ids[0], gid: ids[1] };
        const allowed = await enterAs(other, [...net(), '--', 'id', '-u']);
        assert.deepEqual([allowed.code, allowed.stdout], [0, `${ids[0]}\n`], allowed.stderr);
        const refused = await enterAs(other, [...net(), '--as', 'root', ...touch()]);
        assert.equal(refused.code, EXIT.notPermitted.code, refused.stderr);
        assert.ok(!existsSync(mark()));
      } finally {
        await run('userdel', [name]);
      }
    });
  });

  it('does not bind root', async () => {
    const result = await capture(PATHS.command, ['enter', ...net(), '--as', 'root', '--', 'id', '-u']);
    assert.deepEqual([result.code, result.stdout], [0, '0\n'], result.stderr);
  });
});
