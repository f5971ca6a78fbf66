// The command line of `enter`: what it means, and that everything else is refused with one line that names what is bad.
// More of it, by chance, in fuzzArguments.test.ts.
import assert from 'node:assert/strict';
import { bundleFor } from '../../helper/compiled';
import { parseEnter, type EnterRequest } from '../../helper/enter/arguments';
import { HelperError } from '../../helper/errors';
import { ENTER_BUNDLE, type ExitCause, JOINER_BUNDLE } from '../../helper/protocol';

const NOTHING_SAID: EnterRequest = {
  joins: [],
  make: [],
  as: 'me',
  cwd: null,
  envFile: null,
  removeEnvFile: false,
  ownMounts: false,
  root: null,
  views: ['dns', 'sys', 'proc'],
  verbose: false,
  command: [],
};
const ONE = { pid: 42, startTime: null };
const netOf = { type: 'net', inode: null, from: { target: ONE } } as const;
const mntOf = { type: 'mnt', inode: null, from: { target: ONE } } as const;

describe('the command line of enter', () => {
  const MEANINGS: [string[], Partial<EnterRequest>][] = [
    [['--target', '42', '--join', 'net'], { joins: [netOf] }],
    [
      ['--target', '42@0', '--join', 'net=4026531840,mnt'],
      {
        joins: [
          { type: 'net', inode: 4026531840, from: { target: { pid: 42, startTime: 0 } } },
          { type: 'mnt', inode: null, from: { target: { pid: 42, startTime: 0 } } },
        ],
      },
    ],
    [
      ['--target', '42', '--join', 'net', '--join', 'mnt', '--target', '4194304', '--join', 'pid'],
      { joins: [netOf, mntOf, { type: 'pid', inode: null, from: { target: { pid: 4194304, startTime: null } } }] },
    ],
    [['--file', 'net=4026532260:/n:1'], { joins: [{ type: 'net', inode: 4026532260, from: { file: '/n:1' } }] }],
    [['--file', 'net=/run/netns/a=b'], { joins: [{ type: 'net', inode: null, from: { file: '/run/netns/a=b' } }] }],
    [['--new', 'net,uts'], { make: ['net', 'uts'] }],
    [['--new', 'net', '--as', 'root'], { make: ['net'], as: 'root' }],
    [['--target', '42', '--join', 'net', '--as', 'target'], { joins: [netOf], as: 'target' }],
    [['--target', '42', '--join', 'net', '--as', '1000'], { joins: [netOf], as: { uid: 1000, gid: null } }],
    [['--target', '42', '--join', 'net', '--as', '0:4294967294'], { joins: [netOf], as: { uid: 0, gid: 4294967294 } }],
    [['--target', '42', '--join', 'mnt', '--as', 'www-data'], { joins: [mntOf], as: { user: 'www-data' } }],
    [['--target', '42', '--join', 'net', '--view', 'none'], { joins: [netOf], views: [] }],
    [['--target', '42', '--join', 'net', '--view', 'sys,dns'], { joins: [netOf], views: ['sys', 'dns'] }],
    [
      ['--verbose', '--cwd', '/a b', '--environment-file', '/e', '--remove-environment-file', '--new', 'ipc'],
      { verbose: true, cwd: '/a b', envFile: '/e', removeEnvFile: true, make: ['ipc'] },
    ],
    [['--root', '/r', '--target', '42', '--join', 'mnt'], { joins: [mntOf], root: '/r' }],
    // After -- nothing is an option any more.
    [
      ['--new', 'net', '--', '--as', 'root', '--', '', '\n'],
      { make: ['net'], command: ['--as', 'root', '--', '', '\n'] },
    ],
  ];
  for (const [argv, meaning] of MEANINGS) {
    it(argv.join(' ').replace('\n', '\\n'), () => {
      assert.deepEqual(parseEnter(argv), { ...NOTHING_SAID, ...meaning });
    });
  }

  const net = ['--target', '42', '--join', 'net'];
  const REFUSED: [string[], ExitCause, RegExp][] = [
    [[], 'badArguments', /nothing to enter/],
    [['--'], 'badArguments', /no command after --/],
    [[...net, '--', ''], 'badArguments', /command after -- is empty/],
    [['--join', 'net'], 'badArguments', /--join must follow/],
    [['--target', '42'], 'badArguments', /--target without a --join/],
    [['--target', '1', ...net], 'badArguments', /--target without a --join/],
    [[...net, '--join', 'net'], 'badArguments', /net is given twice/],
    [[...net, '--file', 'net=/run/netns/x'], 'badArguments', /net is given twice/],
    [[...net, '--new', 'net'], 'badArguments', /net is both to be joined and to be created/],
    [['--new', 'net,net'], 'badArguments', /--new names net twice/],
    [['--new', 'net', '--new', 'uts'], 'badArguments', /--new is given twice/],
    [['--new', 'net,'], 'unsupportedType', /"" is not a namespace type/],
    [['--new', 'all'], 'unsupportedType', /"all"/],
    [['--target', '42', '--join', 'NET'], 'unsupportedType', /"NET"/],
    [['--target', '42', '--join', 'net,'], 'unsupportedType', /""/],
    [['--target', '42', '--join', 'net='], 'badArguments', /"net="/],
    [['--target', '42', '--join', 'net=1=2'], 'badArguments', /"net=1=2"/],
    [['--target', '42', '--join', 'net=0x10'], 'badArguments', /"0x10"/],
    [['--target', '42', '--join', 'net=-1'], 'badArguments', /"-1"/],
    [['--target', '42', '--join', 'net=99999999999999999999'], 'badArguments', /"99999999999999999999"/],
    [['--target', '42', '--join', 'constructor'], 'unsupportedType', /"constructor"/],
    ...['', '0', '-1', '4194305', '1.5', ' 42', '42@', '42@x', '@1', '4 2', '٤٢', '42@1@2'].map(
      (pid): [string[], ExitCause, RegExp] => [['--target', pid, '--join', 'net'], 'badArguments', /--target/],
    ),
    [['--file', '/run/netns/x'], 'badArguments', /is not TYPE=PATH/],
    [['--file', 'net='], 'badArguments', /absolute path/],
    [['--file', 'net=12:'], 'badArguments', /absolute path/],
    [['--file', 'net=x:/n'], 'badArguments', /"x:\/n" is not an absolute path/],
    [['--file', 'net=99999999999999999999:/n'], 'badArguments', /is not a number in range/],
    [['--file', 'net=../x'], 'badArguments', /"\.\.\/x"/],
    [[...net, '--cwd', 'x'], 'badArguments', /--cwd: "x" is not an absolute path/],
    [[...net, '--cwd', ''], 'badArguments', /--cwd needs a value/],
    [[...net, '--cwd'], 'badArguments', /--cwd needs a value/],
    [[...net, '--cwd', '/a', '--cwd', '/b'], 'badArguments', /--cwd is given twice/],
    [[...net, '--verbose', '--verbose'], 'badArguments', /--verbose is given twice/],
    [[...net, '--as', 'me', '--as', 'root'], 'badArguments', /--as is given twice/],
    [[...net, '--remove-environment-file'], 'badArguments', /needs --environment-file/],
    [[...net, '--root', '/'], 'badArguments', /--root needs mnt/],
    [[...net, '--as', 'somebody'], 'badArguments', /"somebody".*mnt has to be joined/],
    [[...net, '--as', '4294967295'], 'badArguments', /4294967295 is not a user or group ID/],
    [[...net, '--as', '1:4294967295'], 'badArguments', /4294967295 is not a user or group ID/],
    [[...net, '--as', '1:'], 'badArguments', /"1:"/],
    [[...net, '--as', 'root '], 'badArguments', /"root "/],
    [[...net, '--as', '../etc'], 'badArguments', /"\.\.\/etc"/],
    [['--file', 'net=/n', '--as', 'target'], 'badArguments', /--as target needs a --target/],
    [[...net, '--view', 'dns,files'], 'badArguments', /"files"/],
    [[...net, '--environment-file=/x'], 'badArguments', /unknown option "--environment-file=\/x"/],
    [[...net, '-v'], 'badArguments', /unknown option "-v"/],
    [[...net, 'ls', '--', 'ls'], 'badArguments', /unexpected argument "ls"; a command goes after --/],
    [[...net, '--as', 'a\u001b]0;x\u0007\u202e'], 'badArguments', /"a\\u001b\]0;x\\u0007\\u202e"/],
  ];
  for (const [argv, cause, says] of REFUSED) {
    it(`${JSON.stringify(argv)}: ${cause}`, () => {
      assert.throws(
        () => parseEnter(argv),
        (error) => error instanceof HelperError && error.exit === cause && says.test(error.message),
      );
    });
  }

  it('shows what is invisible, or would turn the text around, in the word that it refuses', () => {
    for (const odd of ['\n', '\u009b', '\u00ad', '\u061c', '\u180e', '\u2028', '\u202e', '\ufeff', '\u{e0041}']) {
      assert.throws(
        () => parseEnter([`--a${odd}`]),
        ({ message }: Error) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(message) && message.includes('\\'),
        JSON.stringify(odd),
      );
    }
  });

  it('is given to the larger bundle where it names user, time or a new pid, and not for a path that has the word', () => {
    const cases: [string[], string][] = [
      [['--target', '42', '--join', 'net,mnt,pid=4026531836'], ENTER_BUNDLE],
      [['--cwd', '/home/user', '--environment-file', '/run/user/1000/time', '--new', 'net'], ENTER_BUNDLE],
      [['--target', '42', '--join', 'net,user=4026531837'], JOINER_BUNDLE],
      [['--file', 'time=/proc/42/ns/time'], JOINER_BUNDLE],
      [['--new', 'uts,time'], JOINER_BUNDLE],
      [['--new', 'pid'], JOINER_BUNDLE],
      [['--new', 'net,pid,mnt'], JOINER_BUNDLE],
    ];
    for (const [options, bundle] of cases) assert.equal(bundleFor(options), bundle, options.join(' '));
  });
});
