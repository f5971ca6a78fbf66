// The parser of `enter` against a hundred thousand command lines, and those of all other verbs against as many, right and wrong:
// each is understood in full, or refused with one line and a documented cause. That nothing is executed then is shown in test/kernel/fuzzArguments.test.ts.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { bundleFor } from '../../helper/compiled';
import { parseEnter, type As, type EnterRequest, type Join } from '../../helper/enter/arguments';
import { parseDoctor } from '../../helper/doctor/doctor';
import { HelperError } from '../../helper/errors';
import { parseInstall, parseUninstall } from '../../helper/install/install';
import { parsePower } from '../../helper/power';
import { JOINER_BUNDLE } from '../../helper/protocol';
import { parseScan } from '../../helper/scan/arguments';
import { commandLines } from '../support/commandLines';

const RUNS = 100_000;
/** Control characters of C0 and C1, and those of Unicode that break or turn a line. */
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/u;

/** A command line that says what `request` says. */
function write(request: EnterRequest): string[] {
  const words = request.joins.flatMap(writeJoin);
  if (request.make.length > 0) words.push('--new', request.make.join(','));
  words.push('--as', writeAs(request.as));
  if (request.cwd !== null) words.push('--cwd', request.cwd);
  if (request.envFile !== null) words.push('--environment-file', request.envFile);
  if (request.removeEnvFile) words.push('--remove-environment-file');
  if (request.root !== null) words.push('--root', request.root);
  words.push('--view', request.views.join(',') || 'none');
  if (request.verbose) words.push('--verbose');
  return request.command.length > 0 ? [...words, '--', ...request.command] : words;
}

function writeJoin({ type, inode, from }: Join): string[] {
  if ('file' in from) return ['--file', `${type}=${inode === null ? '' : `${inode}:`}${from.file}`];
  const { pid, startTime } = from.target;
  return [
    '--target',
    startTime === null ? String(pid) : `${pid}@${startTime}`,
    '--join',
    inode === null ? type : `${type}=${inode}`,
  ];
}

function writeAs(as: As): string {
  if (typeof as === 'string') return as;
  if ('user' in as) return as.user;
  return as.gid === null ? String(as.uid) : `${as.uid}:${as.gid}`;
}

/** What holds for whatever the parser lets through. */
function checkRequest(argv: readonly string[], request: EnterRequest): void {
  const { joins, make, as } = request;
  const types = [...joins.map(({ type }) => type), ...make];
  assert.ok(types.length > 0);
  assert.equal(new Set(types).size, types.length);
  for (const { inode, from } of joins) {
    assert.ok(inode === null || Number.isSafeInteger(inode));
    if ('file' in from) assert.ok(from.file.startsWith('/'));
    else {
      assert.ok(from.target.pid >= 1 && from.target.pid <= 4194304);
      assert.ok(from.target.startTime === null || Number.isSafeInteger(from.target.startTime));
    }
  }
  for (const path of [request.cwd, request.envFile, request.root]) assert.ok(path === null || path.startsWith('/'));
  // (uid_t) -1 would mean "leave as it is": root.
  if (typeof as === 'object' && 'uid' in as) assert.ok(as.uid < 0xffffffff && (as.gid ?? 0) < 0xffffffff);
  const end = argv.indexOf('--');
  assert.deepEqual(request.command, end < 0 ? [] : argv.slice(end + 1));
  const bundle = bundleFor(end < 0 ? argv : argv.slice(0, end));
  if (types.includes('user') || types.includes('time') || request.make.includes('pid'))
    assert.equal(bundle, JOINER_BUNDLE);
}

function checkRefusal(error: unknown): void {
  if (!(error instanceof HelperError)) throw error;
  assert.ok(error.exit === 'badArguments' || error.exit === 'unsupportedType', error.exit);
  assert.doesNotMatch(error.message, UNFIT);
  // However long the word that is bad.
  assert.ok(error.message.length < 2000, `${error.message.length} characters`);
}

/** The other verbs: command lines that are right, and whether what each made of one is what that says. */
const VERBS: Record<string, { right: string[][]; saysAll: (argv: readonly string[]) => boolean }> = {
  power: {
    right: [
      ['restart', '--target', '4242@77', '--inode', '4026531836'],
      ['halt', '--target', '4194304'],
    ],
    saysAll: (argv) => {
      const { action, target, inode } = parsePower(argv);
      assert.ok(target.pid >= 1 && target.pid <= 4194304 && (inode === null || Number.isSafeInteger(inode)));
      const start = target.startTime === null ? '' : `@${target.startTime}`;
      const said = [action, '--target', `${target.pid}${start}`, ...(inode === null ? [] : ['--inode', String(inode)])];
      return isDeepStrictEqual(said, argv.map(withoutZeros));
    },
  },
  install: {
    right: [[], ['--allow', 'alice'], ['--types', 'uts,ipc', '--allow', 'bob,alice']],
    saysAll: (argv) => {
      const policy = parseInstall(argv);
      if (policy === null) return argv.length === 0;
      const { users, types } = policy;
      // Each goes into sudoers as it is.
      for (const user of users) assert.match(user, /^[a-z_][a-z0-9_-]*$/);
      assert.ok(!users.includes('root') && !types.some((type) => ['user', 'mnt', 'pid'].includes(type)));
      const given = (option: string): string | undefined => argv[argv.indexOf(option) + 1];
      const asked = argv.includes('--types') ? given('--types') : 'net';
      return users.join(',') === given('--allow') && types.join(',') === asked && argv.length <= 4;
    },
  },
  uninstall: {
    right: [[]],
    saysAll: (argv) => {
      parseUninstall(argv);
      return argv.length === 0;
    },
  },
  doctor: {
    right: [[], ['--json']],
    saysAll: (argv) => isDeepStrictEqual(parseDoctor(argv).json ? ['--json'] : [], argv),
  },
  scan: {
    right: [[], ['--json'], ['--watch'], ['--json', '--watch']],
    saysAll: (argv) => {
      const { json, watch } = parseScan(argv);
      const said = [...(json ? ['--json'] : []), ...(watch ? ['--watch'] : [])];
      return isDeepStrictEqual(said, [...new Set(argv)].sort());
    },
  },
};

const withoutZeros = (word: string): string => word.replace(/(^|@)0+(?=[0-9])/g, '$1');

describe('the command line of enter, fuzzed', () => {
  it(`${RUNS} command lines: understood, or refused with one line`, function () {
    this.timeout(120_000);
    let [understood, refused] = [0, 0];
    const commands = fc.oneof(
      fc.constant<string[]>([]),
      fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('--', '--as', 'root')), { maxLength: 3 }),
    );
    const whole = fc
      .tuple(commandLines, commands)
      .map(([options, command]) => (command.length > 0 ? [...options, '--', ...command] : options));
    fc.assert(
      fc.property(whole, (argv) => {
        let request: EnterRequest;
        try {
          request = parseEnter(argv);
        } catch (error) {
          checkRefusal(error);
          refused++;
          return;
        }
        checkRequest(argv, request);
        // Nothing on the command line got lost, and nothing came in that it does not say.
        assert.deepEqual(parseEnter(write(request)), request);
        understood++;
      }),
      { numRuns: RUNS },
    );
    // Both ways are really gone.
    assert.ok(understood > RUNS / 10 && refused > RUNS / 10, `${understood} understood, ${refused} refused`);
    console.log(`      ${understood} understood, ${refused} refused`);
  });
});

describe('the command lines of the other verbs, fuzzed', () => {
  const WRONG = ['0', '007', '4242', '4194305', '99999999999999999999', 'root', 'ALL', 'mnt', 'net', '--all', ''];
  for (const [verb, { right, saysAll }] of Object.entries(VERBS)) {
    it(`${verb}: understood, or refused with one line`, () => {
      const counts = { understood: 0, refused: 0 };
      const word = fc.oneof(fc.constantFrom(...right.flat(), ...WRONG), fc.string({ unit: 'binary' }));
      const line = fc.oneof(
        fc.constantFrom(...right),
        fc.array(word, { maxLength: 5 }),
        // One word of a right one is another.
        fc
          .tuple(fc.constantFrom(...right), fc.nat(), word)
          .map(([words, at, other]) => words.map((own, index) => (index === at % words.length ? other : own))),
      );
      fc.assert(
        fc.property(line, (argv) => {
          try {
            assert.ok(saysAll(argv), JSON.stringify(argv));
            counts.understood++;
          } catch (error) {
            checkRefusal(error);
            counts.refused++;
          }
        }),
        { numRuns: Math.ceil(RUNS / Object.keys(VERBS).length) },
      );
      assert.ok(counts.understood > 0 && counts.refused > 0, JSON.stringify(counts));
      console.log(`      ${counts.understood} understood, ${counts.refused} refused`);
    });
  }
});
