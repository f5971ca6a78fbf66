// Lines to paste into a shell: that each real POSIX shell here reads back just the arguments that were quoted, and that the
// nsenter line means what was planned.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { planEntry, type Identity } from '../../extension/plan/enterPlan';
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

describe('the nsenter line', () => {
  const web = makeContainer('web', { net: 10, mnt: 20, pid: 30 }, { pid: 111, startTime: 5 });
  const api = makeContainer('api', { net: 40 }, { pid: 222, startTime: 6 });
  const own = makeContainer('own', { user: 60, net: 61 }, { pid: 333, startTime: 7, uid: 1000 });
  const setpriv = 'setpriv --reuid=1000 --regid=1001 --init-groups --inh-caps=-all --';
  const LINES: [string, readonly Chosen[], number, Identity | undefined, string][] = [
    ['as the user', only(web, ['net']), 1000, undefined, `sudo -- nsenter --target=111 --net -- ${setpriv} /bin/fish`],
    ['as root', only(web, ['net']), 0, undefined, 'nsenter --target=111 --net -- /bin/fish'],
    [
      'all of it, as the container’s process',
      allOf(web),
      1000,
      undefined,
      'sudo -- nsenter --target=111 --net --pid --mount --root=/proc/111/root --wd=/proc/111/cwd --setuid=7 --setgid=8 -- /bin/sh',
    ],
    [
      'of two',
      [...only(web, ['pid']), ...only(api, ['net'])],
      1000,
      undefined,
      `sudo -- nsenter --pid=/proc/111/ns/pid --net=/proc/222/ns/net -- ${setpriv} /bin/fish`,
    ],
    [
      'of the user’s own',
      only(own, ['net']),
      1000,
      undefined,
      'nsenter --target=333 --user --net --preserve-credentials -- /bin/fish',
    ],
    [
      'as another',
      only(web, ['net']),
      0,
      { other: '5:6' },
      'nsenter --target=111 --net --setuid=5 --setgid=6 -- /bin/fish',
    ],
  ];
  for (const [what, chosen, uid, as, line] of LINES) {
    it(what, () => {
      const me = { uid, gid: 1001, shell: '/bin/fish', sudo: 'sudo' };
      assert.equal(shellLine(nsenterCommand(planEntry(chosen, uid, [], as), me, { uid: 7, gid: 8 })), line);
    });
  }
});
