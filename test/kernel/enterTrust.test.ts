// What of the target's own word is not believed, and what of the caller's or of root's does not go along: each was a way out
// of a container, or to what only root has, before it was closed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EXIT } from '../../helper/protocol';
import { capture, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { enter, enterCat, ENV_OPTION, HELPER, NODE, statusOf } from './support';

/** What a script for `node -e` begins with that asks for keys. */
const KEYS = `
  const native = { exports: {} };
  process.dlopen(native, ${JSON.stringify(join(HELPER, '..', 'koffi.node'))});
  const call = native.exports.load(null).func('long syscall(long number, ...)');
  const [addKey, keyctl] = { x64: [248, 250], arm64: [217, 219], arm: [309, 311] }[process.arch];
  const SESSION = -3;`;

describe('enter: who is believed', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-trust-'));
    chmodSync(folder, 0o755);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function withBox(
    script: string,
    act: (box: Sandbox) => Promise<void>,
    options: {
      types?: Parameters<typeof startSandbox>[0]['types'];
      user?: { uid: number; gid: number };
      powers?: string[];
    } = {},
  ): Promise<void> {
    const ready = file(`ready-${readdirSync(folder).length}`);
    writeFileSync(ready, '');
    chmodSync(ready, 0o666);
    const whole = `${script}\necho yes > ${ready}; exec -a sandbox sleep 1000000`;
    const { types = ['mnt', 'net', 'pid', 'uts'], user, powers = [] } = options;
    const box = await startSandbox({ types, command: [...powers, 'bash', '-euc', whole], ...(user && { user }) });
    try {
      await waitFor('the sandbox', async () => (await capture('cat', [ready])).stdout === 'yes\n');
      await act(box);
    } finally {
      await box.stop();
    }
  }
  const into = (box: Sandbox, types: string, ...rest: string[]): string[] => [
    ...['--target', String(box.pid), '--join', types],
    ...rest,
  ];

  it('its variables name none of the host’s files: with these, even the target’s identity has the caller’s', () =>
    withBox('export PATH=/evil:$PATH', async (box) => {
      const { stdout, stderr } = await enter([...into(box, 'net', '--as', 'target'), '--', 'env']);
      assert.doesNotMatch(stdout + stderr, /evil/);
      assert.match((await enter([...into(box, 'mnt,net', '--as', 'target'), '--', 'env'])).stdout, /^PATH=\/evil:/m);
    }));

  it('of memory that it calls its environment no more is read than a program can be started with', async () => {
    const ready = file('environment-set');
    const script = `${KEYS}
      const koffi = native.exports;
      const block = Buffer.concat([Buffer.from('FIRST=1\\0'), Buffer.alloc(7 << 20, 'x'), Buffer.from('\\0LAST=1\\0')]);
      const start = koffi.address(block);
      const libc = koffi.load(null);
      // PR_SET_MM_MAP takes no right, but all of the map: field N of proc_pid_stat(5), and where the heap ends now.
      const fields = require('fs').readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
      const field = (number) => BigInt(fields[number - 3]);
      const brk = libc.func('uintptr_t sbrk(intptr_t by)')(0);
      const map = Buffer.alloc(104);
      [...[26, 27, 45, 46, 47].map(field), BigInt(brk), ...[28, 48, 49].map(field), start, start + BigInt(block.length)].forEach(
        (address, index) => map.writeBigUInt64LE(address, index * 8),
      );
      map.writeInt32LE(-1, 100);
      const prctl = libc.func('int prctl(int op, unsigned long part, void *map, unsigned long size, unsigned long none)');
      const failed = prctl(35, 14, map, map.length, 0);
      require('fs').writeFileSync(process.argv[1], String(failed));
      setInterval(() => block, 1e6);`;
    const box = await startSandbox({ types: ['mnt'], command: [NODE, '-e', script, ready] });
    try {
      assert.equal(await waitFor('its environment', async () => (await capture('cat', [ready])).stdout || null), '0');
      const { stdout, stderr } = await enter([...into(box, 'mnt', '--as', 'target'), '--', '/usr/bin/env']);
      assert.match(stdout, /^FIRST=1$/m, stderr);
      assert.doesNotMatch(stdout, /^LAST=/m);
    } finally {
      await box.stop();
    }
  });

  it('a name that its user database makes root is refused', async () => {
    writeFileSync(file('passwd'), 'web:x:0:0::/:/bin/sh\nroot:x:0:0::/root:/bin/sh\nmail:x:8:8::/:/bin/sh\n');
    await withBox(`mount --bind ${file('passwd')} /etc/passwd`, async (box) => {
      const refused = await enter([...into(box, 'mnt', '--as', 'web'), '--', 'true']);
      assert.deepEqual([refused.code, refused.stdout], [EXIT.identityFailed.code, '']);
      assert.match(
        refused.stderr,
        /^ns-helper: "web" is root in the target's \/etc\/passwd; say --as root for that\n$/,
      );
      assert.equal((await enter([...into(box, 'mnt', '--as', 'mail'), '--', 'id', '-u'])).stdout, '8\n');
    });
  });

  for (const [what, make] of [
    ['a FIFO that nobody writes to', 'mkfifo'],
    ['a device that never ends', 'mknod -m 644'],
    ['a file of 1 GiB', 'truncate -s 1G'],
    ['a folder', 'mkdir'],
    ['a link to nothing', 'ln -s nothing'],
  ] as const) {
    it(`${what} as its user database, or as that of its groups: nobody is found there`, async () => {
      const made = (name: string): string => `${make} /etc/${name}${make.startsWith('mknod') ? ' c 1 5' : ''}`;
      const enterAs = (box: Sandbox): ReturnType<typeof enter> =>
        enter([...into(box, 'mnt', '--as', 'web'), '--', '/bin/sh', '-c', 'id -u; id -G'], { timeoutMs: 10_000 });
      await withBox(`mount -t tmpfs none /etc; ${made('passwd')}`, async (box) => {
        const { code, stderr } = await enterAs(box);
        assert.deepEqual(
          [code, /no user "web" in the target's \/etc\/passwd/.test(stderr)],
          [EXIT.identityFailed.code, true],
          stderr,
        );
      });
      const users = 'echo web:x:4321:4321::/:/bin/sh > /etc/passwd';
      await withBox(`mount -t tmpfs none /etc; ${users}; ${made('group')}`, async (box) => {
        const { code, stdout, stderr } = await enterAs(box);
        assert.deepEqual([code, stdout], [0, '4321\n4321\n'], stderr);
      });
    });
  }

  it('its host name acts on no terminal', () =>
    withBox(`printf 'evil\\033]0;pwn\\007' > /proc/sys/kernel/hostname`, async (box) => {
      const { stderr } = await enter([...into(box, 'uts', '--verbose'), '--', 'true']);
      assert.match(stderr, /hostname "evil\\u001b\]0;pwn\\u0007"/);
    }));

  it('what it has mounted over resolv.conf is read with the caller’s rights, without root’s capabilities', async () => {
    const user = await makeUser('none');
    try {
      const script = 'mount --bind /proc/kallsyms /etc/resolv.conf';
      const asUser = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
      const act = async (box: Sandbox): Promise<void> => {
        const env = { ...process.env, SUDO_UID: String(user.uid), SUDO_GID: String(user.gid) };
        const { stdout, stderr } = await enter([...into(box, 'net'), '--', 'head', '-n1', '/etc/resolv.conf'], { env });
        // Without addresses, unless this machine shows them to everybody (proc_kallsyms of proc(5), kptr_restrict).
        assert.equal(stdout, await run('setpriv', [...asUser, 'head', '-n1', '/proc/kallsyms']), stderr);
      };
      await withBox(script, act, { types: ['user', 'mnt', 'net'], user });
    } finally {
      await user.remove();
    }
  });

  it('the keys of the caller’s session are not at hand in there', async () => {
    // A session keyring with a key in it, in which the rest of the command line is run.
    const withKey = `${KEYS}
      call(keyctl, 'int', 1, 'const char *', 'lns-test');
      call(addKey, 'const char *', 'user', 'const char *', 'lns-secret', 'const char *', 'x', 'size_t', 1, 'int', SESSION);
      const { status } = require('child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' });
      process.exitCode = status;`;
    // KEYCTL_SEARCH, as who has the keyring would find it.
    const search = `${KEYS}
      const found = call(keyctl, 'int', 10, 'int', SESSION, 'const char *', 'user', 'const char *', 'lns-secret', 'int', 0);
      console.log(found > 0 ? 'found' : 'none');`;
    const look = [NODE, '-e', search];
    const inKeyring = (...argv: string[]): ReturnType<typeof capture> => capture(NODE, ['-e', withKey, '--', ...argv]);
    assert.equal((await inKeyring(...look)).stdout, 'found\n');
    await withBox('true', async (box) => {
      for (const way of ['--join mnt,pid,net --as target', '--join mnt', '--join net --as 1234']) {
        const args = ['--', HELPER, 'enter', '--target', String(box.pid), ...way.split(' '), '--', ...look];
        const { stdout, stderr } = await inKeyring(NODE, ...args);
        assert.equal(stdout, 'none\n', way + stderr);
      }
    });
  });

  it('whom sudo has left with a session keyring that is revoked gets one of their own', async () => {
    // KEYCTL_JOIN_SESSION_KEYRING, then KEYCTL_REVOKE, as pam_keyinit(8) does at the end of a session.
    const revoked = `${KEYS}
      call(keyctl, 'int', 1, 'const char *', null);
      call(keyctl, 'int', 3, 'int', SESSION);
      const { status } = require('child_process').spawnSync(process.argv[1], process.argv.slice(2), { stdio: 'inherit' });
      process.exitCode = status;`;
    const add = `${KEYS}
      const key = call(addKey, 'const char *', 'user', 'const char *', 'lns', 'const char *', 'x', 'size_t', 1, 'int', SESSION);
      console.log(key > 0 ? 'added' : 'refused');`;
    const command = [NODE, '-e', add];
    const inRevoked = (...argv: string[]): ReturnType<typeof capture> => capture(NODE, ['-e', revoked, '--', ...argv]);
    assert.equal((await inRevoked(...command)).stdout, 'refused\n');
    await withBox('true', async (box) => {
      const args = ['--', HELPER, 'enter', ...into(box, 'net', '--as', '1234'), '--', ...command];
      const { stdout, stderr } = await inRevoked(NODE, ...args);
      assert.equal(stdout, 'added\n', stderr);
    });
  });

  describe('its files give no rights that it has not itself, to whoever is not root', () => {
    const AS = ['me', '1234', 'target'];
    const env = { ...process.env, SUDO_UID: '1234', SUDO_GID: '1234' };

    it('set-user-ID programs: its bounding set', async () => {
      const set = join(folder, 'set');
      mkdirSync(set);
      const script = `mount -t tmpfs none ${set}; cp /bin/cat ${set}; chmod 4755 ${set}/cat`;
      // As a container's, but for the right to mount.
      const powers = ['setpriv', '--bounding-set=-all,+chown,+net_raw,+sys_admin', '--inh-caps=-all', '--'];
      const act = async (box: Sandbox): Promise<void> => {
        const bounding = statusOf(box.pid).get('CapBnd');
        assert.notEqual(bounding, statusOf(process.pid).get('CapBnd'));
        for (const as of AS) {
          const args = [...into(box, 'mnt', '--as', as), '--', `${set}/cat`, '/proc/self/status'];
          const { stdout, stderr } = await enter(args, { env });
          assert.match(stdout, /^Uid:\t\d+\t0\t/m, stderr);
          assert.equal(/^CapEff:\t(.*)$/m.exec(stdout)?.[1], bounding, as);
        }
      };
      await withBox(script, act, { types: ['mnt'], powers });
    });

    it('the host’s set-user-ID programs among files that a user has arranged: none at all', async () => {
      const user = await makeUser('none');
      try {
        const act = async (box: Sandbox): Promise<void> => {
          for (const as of AS) {
            const args = [...into(box, 'mnt', '--as', as), '--', 'grep', '^NoNewPrivs', '/proc/self/status'];
            const { stdout, stderr } = await enter(args, { env });
            assert.equal(stdout, 'NoNewPrivs:\t1\n', as + stderr);
          }
        };
        await withBox('true', act, { types: ['user', 'mnt'], user });
      } finally {
        await user.remove();
      }
    });

    it('device nodes: those that its cgroup’s rules let it open, since the command is in there too, or does not start', async () => {
      const find = ['--noheadings', '--first-only', '--types', 'cgroup2', '--output', 'TARGET'];
      const hierarchy = (await run('findmnt', find)).trim();
      const cgroup = join(hierarchy, `lns-${randomUUID()}`);
      mkdirSync(cgroup);
      try {
        await withBox(
          'true',
          async (box) => {
            writeFileSync(join(cgroup, 'cgroup.procs'), String(box.pid));
            for (const as of AS) {
              const args = [...into(box, 'mnt', '--as', as), '--', 'cat', '/proc/self/cgroup'];
              for (const hide of ['umount "$1"', 'mount -o remount,bind,ro "$1"']) {
                const hidden = ['--mount', '--', 'sh', '-euc', `${hide}; shift; exec "$@"`, 'sh', hierarchy];
                const command = [NODE, '--', HELPER, 'enter', ...args];
                const { code, stdout, stderr } = await capture('unshare', [...hidden, ...command], { env });
                assert.deepEqual([code, stdout], [EXIT.joinFailed.code, ''], `${as}, ${hide}: ${stderr}`);
                assert.match(stderr, /^ns-helper: cgroup [^\n]*device nodes[^\n]*\n$/);
              }
              const { stdout, stderr } = await enter(args, { env });
              assert.match(stdout, new RegExp(`^0::.*/${basename(cgroup)}$`, 'm'), as + stderr);
            }
          },
          { types: ['mnt'] },
        );
      } finally {
        await waitFor('the cgroup to be empty', () => readFileSync(join(cgroup, 'cgroup.procs'), 'utf8') === '');
        rmdirSync(cgroup);
      }
    });
  });

  describe('a path of /proc/self/fd, looked up while the helper still is who looks', () => {
    /** As the directory of a search path for each descriptor that the helper may have, and below it. */
    const below = (rest: string): string =>
      Array.from({ length: 60 }, (_, index) => `/proc/self/fd/${index + 3}${rest}`).join(':');
    const program = (name: string): string => {
      writeFileSync(file(name), '#!/bin/sh\necho reached\n', { mode: 0o755 });
      return name;
    };
    const NOT_FOUND = [EXIT.notFound.code, ''];

    it('leads who may only join net to nothing of the target’s files', async () => {
      const user = await makeUser('none');
      const env = { ...process.env, SUDO_UID: String(user.uid), SUDO_GID: String(user.gid) };
      const name = program('inside');
      // The same folder is empty out here: only by way of the target's root is there such a program.
      const script = `mkdir ${file('hidden')}; mount -t tmpfs none ${file('hidden')}; cp ${file(name)} ${file('hidden')}/only`;
      try {
        await withBox(script, async (box) => {
          const environment = file('environment');
          writeFileSync(environment, `PATH=${below(file('hidden'))}\0`, { mode: 0o600 });
          chownSync(environment, user.uid, user.gid);
          const found = await enter([...into(box, 'net', ENV_OPTION, environment), '--', 'only'], { env });
          assert.deepEqual([found.code, found.stdout], NOT_FOUND, found.stderr);
          for (let fd = 16; fd < 26; fd++) {
            const args = into(box, 'net', '--view', 'none', '--cwd', `/proc/self/fd/${fd}`);
            const { stdout } = await enter([...args, '--', 'cat', `.${file('hidden')}/only`], { env });
            assert.equal(stdout, '', `descriptor ${fd}`);
          }
        });
      } finally {
        await user.remove();
      }
    });

    it('leads a target that sees the host’s processes to none of the host’s files', async () => {
      const name = program('outside');
      const script = `export PATH="${below(`/..${file('')}`)}:$PATH"`;
      await withBox(
        script,
        async (box) => {
          const { code, stdout, stderr } = await enter([...into(box, 'mnt', '--as', 'target'), '--', name]);
          assert.deepEqual([code, stdout], NOT_FOUND, stderr);
        },
        { types: ['mnt'] },
      );
    });

    it('leads nobody through a folder that was open when the helper was started', async () => {
      const name = program('open');
      const environment = file('environment-of-root');
      writeFileSync(environment, `PATH=${below('')}\0`, { mode: 0o600 });
      // Of a Node that cannot be written to, since no other exec comes first, which would close it.
      const script = `mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; exec 9< "$0"; exec "$@"`;
      await withBox(
        'true',
        async (box) => {
          const args = [...into(box, 'mnt', ENV_OPTION, environment), '--', name];
          const argv = ['--mount', '--', 'bash', '-euc', script, folder, NODE, '--', HELPER, 'enter', ...args];
          const { code, stdout, stderr } = await capture('unshare', argv);
          assert.deepEqual([code, stdout], NOT_FOUND, stderr);
        },
        { types: ['mnt'] },
      );
    });
  });

  it('the helper that waits holds nothing that leads to the host’s files', () =>
    withBox('true', (box) =>
      enterCat([...into(box, 'mnt,pid,net', '--as', 'target')], (pid) => {
        const waiting = Number(statusOf(pid).get('PPid'));
        const links = readdirSync(`/proc/${waiting}/fd`)
          .filter((fd) => Number(fd) > 2)
          .map((fd) => readlinkSync(`/proc/${waiting}/fd/${fd}`));
        assert.deepEqual(
          links.filter((link) => !/^(?:anon_inode|pipe|socket):|^\/dev\/null$/.test(link)),
          [],
        );
      }),
    ));
});
