// What is copied of a target's process: its LSM label as data (no LSM has to run for that), and users by name in files
// that are the container's own.
import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLimits, softOpenFiles } from '../../helper/enter/limits';
import { execLabel, readInside, userInside } from '../../helper/enter/targetIdentity';

describe('the label of a target', () => {
  // attr/current as the kernel shows it, and what attr/exec takes.
  const LABELS: [what: string, current: string, exec: string | null][] = [
    ['no LSM', '', null],
    ['AppArmor, not confined', 'unconfined\n', null],
    ['AppArmor, Docker’s profile', 'docker-default (enforce)\n', 'exec docker-default'],
    ['AppArmor, complaining', 'my profile (complain)\n', 'exec my profile'],
    ['AppArmor, a profile that kills', 'strict (kill)\n', 'exec strict'],
    ['AppArmor, a profile that asks', 'ask (prompt)\n', 'exec ask'],
    [
      'AppArmor, stacked',
      'lxc-a_</var/lib/lxc>//&:lxc-a:unconfined (mixed)\n',
      'exec lxc-a_</var/lib/lxc>//&:lxc-a:unconfined',
    ],
    ['AppArmor, parentheses in a name', 'a (b) (enforce)\n', 'exec a (b)'],
    ['SELinux', 'system_u:system_r:container_t:s0:c12,c34\0', 'system_u:system_r:container_t:s0:c12,c34'],
    [
      'SELinux, as older kernels end it',
      'unconfined_u:unconfined_r:unconfined_t:s0\n\0',
      'unconfined_u:unconfined_r:unconfined_t:s0',
    ],
    ['SELinux, before a policy is loaded', 'kernel\0', null],
    ['Smack', 'User::App\n', 'User::App'],
  ];
  for (const [what, current, exec] of LABELS) {
    it(what, () => {
      assert.equal(execLabel(current), exec);
    });
  }
});

describe('the resource limits of a target', () => {
  // As the kernel prints them.
  const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max data size             1000                 2000                 bytes
Max processes             31000                31001                processes
Max open files            100                  200                  files
Max address space         1000                 unlimited            bytes
Max realtime timeout      unlimited            7                    us
Max something new         1                    2                    things
`;
  it('are read by name, without those that would end the helper itself and those it does not know', () => {
    assert.deepEqual(parseLimits(LIMITS), [
      { name: 'cpu time', resource: 0, soft: null, hard: null },
      { name: 'processes', resource: 6, soft: 31000, hard: 31001 },
      { name: 'open files', resource: 7, soft: 100, hard: 200 },
      { name: 'realtime timeout', resource: 15, soft: null, hard: 7 },
    ]);
    assert.deepEqual(parseLimits(''), []);
  });

  it('of this kernel are all known', () => {
    const names = readFileSync('/proc/self/limits', 'utf8').match(/^Max .*?(?= {2})/gm) ?? [];
    assert.equal(parseLimits(readFileSync('/proc/self/limits', 'utf8')).length, names.length - 2);
  });

  it('the one of open files is told for the command', () => {
    assert.equal(softOpenFiles(parseLimits(LIMITS)), 100);
    assert.equal(softOpenFiles([]), null);
  });
});

describe('files of a target', () => {
  let root: string;
  let fd: number;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'lns-root-'));
    mkdirSync(join(root, 'etc'));
    fd = openSync(root, 'r');
  });
  after(() => {
    closeSync(fd);
    rmSync(root, { recursive: true });
  });
  const put = (path: string, text: string): void => {
    writeFileSync(join(root, path), text);
  };

  it('a user with all groups, each once', () => {
    put('etc/passwd', 'root:x:0:0::/:/bin/sh\nwww:x:33:33::/:/bin/sh\n');
    put('etc/group', 'root:x:0:\nwww:x:33:www\nssl:x:7:other,www\nlog:x:8:www\nno:x:9:wwww\n');
    assert.deepEqual(userInside(fd, 'www'), { uid: 33, gid: 33, groups: [33, 7, 8] });
    assert.deepEqual(userInside(fd, 'root'), { uid: 0, gid: 0, groups: [0] });
  });

  it('the first line counts where a name is there twice', () => {
    put('etc/passwd', 'www:x:33:33\nwww:x:0:0\n');
    assert.equal(userInside(fd, 'www').uid, 33);
  });

  for (const [what, passwd] of [
    ['is not there', 'root:x:0:0\n'],
    ['has no id', 'www:x:a:b\n'],
    ['has a negative id', 'www:x:-1:33\n'],
    ['has the id that means no change', 'www:x:4294967295:33\n'],
    ['has an id out of range', 'www:x:99999999999:33\n'],
    ['has an id that is no integer', 'www:x:0.5:33\n'],
    ['has a hexadecimal id', 'www:x:0x21:33\n'],
    ['has an empty id, which is not 0', 'www:x::33\n'],
    ['has an empty group id, which is not 0', 'www:x:33:\n'],
  ] as const) {
    it(`a user who ${what} is refused`, () => {
      put('etc/passwd', passwd);
      assert.throws(() => userInside(fd, 'www'), /"www".*UID:GID/);
    });
  }

  it('only root is of root’s group by these files', () => {
    put('etc/group', 'root:x:0:www,root\nweb:x:5:www,root\n');
    put('etc/passwd', 'root:x:0:0\nwww:x:33:33\n');
    assert.deepEqual(userInside(fd, 'www').groups, [33, 5]);
    assert.deepEqual(userInside(fd, 'root').groups, [0, 5]);
    put('etc/passwd', 'www:x:33:0\n');
    assert.throws(() => userInside(fd, 'www'), /"www" is of root's group.*--as 33:0/);
  });

  it('a group without an id is left out', () => {
    put('etc/passwd', 'www:x:33:33\n');
    put('etc/group', 'a:x::www\nb:x:x:www\nc:x:5:www\n');
    assert.deepEqual(userInside(fd, 'www').groups, [33, 5]);
  });

  it('a link out of the root stays inside', () => {
    put('inside', 'inside');
    symlinkSync('/inside', join(root, 'absolute'));
    symlinkSync('../../../../inside', join(root, 'relative'));
    assert.deepEqual([readInside(fd, 'absolute'), readInside(fd, 'relative')], ['inside', 'inside']);
    symlinkSync('/proc/self/environ', join(root, 'magic'));
    assert.equal(readInside(fd, 'magic'), '');
  });

  it('more than is wanted is nothing', () => {
    put('big', '');
    truncateSync(join(root, 'big'), 101);
    assert.equal(readInside(fd, 'big', 100), '');
    assert.equal(readInside(fd, 'big', 101).length, 101);
    assert.equal(readInside(fd, 'etc'), '');
    assert.equal(readInside(fd, 'nothing'), '');
  });
});
