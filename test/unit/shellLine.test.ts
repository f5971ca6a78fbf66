// Lines to paste into a shell: that each real POSIX shell here reads back just the arguments that were quoted, and that the
// nsenter line means what was planned.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { refuseControls } from '../../extension/commands/copiedLines';
import { UserError } from '../../extension/model/userError';
import { planEntry } from '../../extension/plan/enterPlan';
import type { IdMaps, Ids } from '../../extension/inspect/processIds';
import { nsenterCommand } from '../../extension/plan/nsenterCommand';
import { shellLine } from '../../extension/plan/shellLine';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import { makeContainer } from './containerFixture';

/** What a shell makes of a line: the arguments, as printf(1) sees them. */
function readBack(shell: string, line: string): string[] {
  return execFileSync(shell, ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

describe('a line for a shell', () => {
  const LINES: [readonly string[], string][] = [
    [['ip', 'addr'], 'ip addr'],
    [['--net=/proc/1/ns/net', '/usr/bin/a'], '--net=/proc/1/ns/net /usr/bin/a'],
    [['a b', '$HOME', "it's"], `'a b' '$HOME' 'it'\\''s'`],
    [['', 'A=b', '~', '`x`', '*'], `'' 'A=b' '~' '\`x\`' '*'`],
    [['--as=$(x)'], `'--as=$(x)'`],
  ];
  for (const [argv, line] of LINES) {
    it(line, () => {
      assert.equal(shellLine(argv), line);
    });
  }

  for (const shell of ['/bin/sh', '/bin/bash', '/bin/dash'].filter(existsSync)) {
    it(`is read back by ${shell} as it was, whatever is in it`, () => {
      const text = fc
        .array(fc.oneof(fc.string(), fc.constantFrom("'", '\\', '\n', '$(id)', '`', '"', '~', '!', '--a=', '#', '\t')))
        .map((parts) => parts.join('').replaceAll('\0', ''));
      // Many arguments at once: each start of a shell costs.
      fc.assert(
        fc.property(fc.array(text, { minLength: 1, maxLength: 50 }), (argv) => {
          assert.deepEqual(readBack(shell, shellLine(argv)), argv);
        }),
        { numRuns: 40 },
      );
    });
  }
});

describe('what is copied', () => {
  it('holds nothing that a terminal would act on when it is pasted', () => {
    refuseControls(['/run/netns/größe 1', shellLine(['ns-helper', '--file', 'net=/tmp/a b;$(id)'])]);
    for (const odd of ['\n', '\r', '\u001b[201~', '\u0003', '\u007f', '\u009b', '\u202e', '\u2028']) {
      assert.throws(() => {
        refuseControls(['/run/netns/plain', shellLine([`/tmp/a${odd}id`])]);
      }, UserError);
    }
  });
});

describe('the nsenter line', () => {
  const web = makeContainer('web', { net: 10, mnt: 20, pid: 30 }, { pid: 111, startTime: 5 });
  const api = makeContainer('api', { net: 40 }, { pid: 222, startTime: 6 });
  const own = makeContainer('own', { user: 60, net: 61, mnt: 62 }, { pid: 333, startTime: 7, uid: 1000 });
  const me: Ids = { uid: 1000, gid: 1001, groups: [1001, 27] };
  const inside: Ids = { uid: 100032, gid: 100032, groups: [100032, 100043, 5] };
  const maps: IdMaps = { uid: '0 1000 1\n1 100000 65536\n', gid: '0 1001 1\n1 100000 65536\n', setgroups: true };
  const single: IdMaps = { uid: '33 1000 1', gid: '33 1001 1', setgroups: false };
  const asMe = 'sudo -- setpriv --regid=1001 --groups=1001,27 --inh-caps=-all -- nsenter';
  const able = ['inh', 'ambient'].map((set) => `--${set}-caps=+sys_admin,+sys_chroot,+sys_ptrace`).join(' ');
  const files = '--root=/proc/333/root --wd=/proc/333/cwd';

  interface Case {
    chosen: readonly Chosen[];
    uid?: number;
    become: Ids | null;
    maps?: IdMaps;
    line: string;
  }
  const LINES: Record<string, Case> = {
    'as the user': {
      chosen: only(web, ['net']),
      become: me,
      line: `${asMe} --target=111 --net --setuid=1000 -- /bin/fish`,
    },
    'as root': { chosen: only(web, ['net']), uid: 0, become: null, line: 'nsenter --target=111 --net -- /bin/fish' },
    'all of it, as the container’s process': {
      chosen: allOf(web),
      become: { uid: 7, gid: 8, groups: [] },
      line: 'sudo -- setpriv --regid=8 --clear-groups --inh-caps=-all -- nsenter --target=111 --net --pid --mount --root=/proc/111/root --wd=/proc/111/cwd --setuid=7 -- /bin/sh',
    },
    'of two': {
      chosen: [...only(web, ['pid']), ...only(api, ['net'])],
      become: me,
      line: `${asMe} --pid=/proc/111/ns/pid --net=/proc/222/ns/net --setuid=1000 -- /bin/fish`,
    },
    'of the user’s own': {
      chosen: only(own, ['net']),
      become: null,
      maps,
      line: 'nsenter --target=333 --user --net --preserve-credentials -- /bin/fish',
    },
    'of the user’s own, as its process, which has groups': {
      chosen: allOf(own),
      become: inside,
      maps,
      line: `nsenter --target=333 --user --preserve-credentials -- setpriv --regid=33 --groups=33,44 -- nsenter --target=333 --net --mount ${files} --setuid=33 -- /bin/sh`,
    },
    'of the user’s own, as its process, where no groups can be taken on': {
      chosen: allOf(own),
      become: me,
      maps: single,
      line: `nsenter --target=333 --user --net --mount ${files} --preserve-credentials --setuid=33 --setgid=33 -- /bin/sh`,
    },
    'with a user namespace, by root: as the process, who is not root in there': {
      chosen: allOf(own),
      uid: 0,
      become: inside,
      maps,
      line: `setpriv --reuid=100032 --regid=100032 --groups=100032,100043,5 ${able} -- nsenter --target=333 --user --net --mount ${files} --preserve-credentials -- /bin/sh`,
    },
  };
  for (const [what, { chosen, uid = 1000, become, maps = null, line }] of Object.entries(LINES)) {
    it(what, () => {
      const person = { uid, shell: '/bin/fish', sudo: 'sudo' };
      assert.equal(shellLine(nsenterCommand(planEntry(chosen, uid), person, become, maps)), line);
    });
  }
});
