// Command lines of `enter` for fuzzing: whole ones as a person or a script would write them, and the same with a few
// things gone wrong. Pure words on uninhibited random bytes seldom get past the first option.
import fc from 'fast-check';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';

/** An option with its value, or a flag. */
type Piece = readonly string[];

/** PID_MAX_LIMIT of <linux/threads.h>: the helper takes it for a pid, and the kernel never gives it to anybody. */
export const NOBODY = 4194304;

const types = fc.uniqueArray(fc.constantFrom(...NAMESPACE_NAMES), { minLength: 1, maxLength: 3 });
const inode = fc.constantFrom('', '=4026531840', '=1', '=9007199254740991');
const joinList = types.chain((names) =>
  fc.tuple(...names.map((name) => inode.map((suffix) => name + suffix))).map((items) => items.join(',')),
);
const target = fc.constantFrom(`${NOBODY}`, `${NOBODY}@1`, `${NOBODY}@4611686018427387`);
// Nothing that exists but the root directory, so that no file of the machine is in danger of --remove-environment-file.
const path = fc.constantFrom('/', '/lns-no-such-file', '/lns none/ä\n', '/lns/../lns');
const as = fc.constantFrom('me', 'root', 'target', '0', '4242', '4242:4243', '4294967294', 'www-data', 'a.b-c_$');

const join: fc.Arbitrary<Piece> = fc.tuple(target, joinList).map(([of, list]) => ['--target', of, '--join', list]);
const file: fc.Arbitrary<Piece> = fc
  .tuple(fc.constantFrom(...NAMESPACE_NAMES), fc.constantFrom('', '1:', '9007199254740991:'), path)
  .map(([type, number, place]) => ['--file', `${type}=${number}${place}`]);
const make: fc.Arbitrary<Piece> = types.map((names) => ['--new', names.join(',')]);
const extra: fc.Arbitrary<Piece> = fc.oneof(
  as.map((who): Piece => ['--as', who]),
  path.map((place): Piece => ['--cwd', place]),
  path.map((place): Piece => ['--environment-file', place]),
  fc.constant<Piece>(['--environment-file', '/lns-no-such-file', '--remove-environment-file']),
  path.map((place): Piece => ['--root', place]),
  fc.constantFrom<Piece>(['--view', 'none'], ['--view', 'dns,sys'], ['--view', 'proc'], ['--verbose']),
);

/** The options of a whole command line; some of them do not go together. */
const options: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.array(fc.oneof(join, file, make), { minLength: 1, maxLength: 2 }),
    fc.uniqueArray(extra, { maxLength: 3, selector: (piece) => piece[0] }),
  )
  .map((pieces) => pieces.flat(2));

/** What may stand in for a word, or in a word. */
const ODD_WORDS = [
  '',
  ' ',
  '-',
  '--',
  '---',
  '-v',
  '--privileged',
  '=',
  ',',
  'net=',
  '=1',
  'net=1=2',
  'net,,uts',
  'NET',
  'constructor',
  '__proto__',
  '0',
  '-1',
  '1e3',
  '0x10',
  '٤٢',
  '4194305',
  '4294967295',
  '99999999999999999999',
  '42@',
  '@1',
  '1:',
  'relative/path',
  '../..',
  '$(id)',
  '\u202e',
  '🜁',
  'a'.repeat(5000),
];
const ODD_CHARACTERS = ['\0', '\n', '\r', '\u001b[2J', '\u0007', '\u009b', '\u2028', '\ud800', '=', ',', '@', ' ', '/'];

type Mutation = (words: string[]) => string[];
const at = fc.nat({ max: 40 });
const atWord =
  (change: (word: string) => string[]) =>
  (place: number): Mutation =>
  (words) =>
    words.flatMap((word, index) => (index === place % words.length ? change(word) : [word]));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  at.map(atWord((word) => [word, word])),
  at.map(atWord(() => [])),
  at.map(atWord((word) => [word.toUpperCase()])),
  fc.tuple(fc.constantFrom(...ODD_WORDS), at).map(([odd, place]) => atWord(() => [odd])(place)),
  fc.tuple(fc.constantFrom(...ODD_WORDS), at).map(([odd, place]) => atWord((word) => [word, odd])(place)),
  fc
    .tuple(fc.constantFrom(...ODD_CHARACTERS), at, at)
    .map(([odd, place, inside]) =>
      atWord((word) => [word.slice(0, inside % (word.length + 1)) + odd + word.slice(inside % (word.length + 1))])(
        place,
      ),
    ),
  fc.tuple(fc.string({ unit: 'binary' }), at).map(([text, place]) => atWord(() => [text])(place)),
  // An option and its value in one word.
  at.map((place): Mutation => {
    return (words) => {
      const first = place % words.length;
      return [...words.slice(0, first), words.slice(first, first + 2).join('='), ...words.slice(first + 2)];
    };
  }),
  // The second half first.
  at.map((place): Mutation => (words) => [
    ...words.slice(place % words.length),
    ...words.slice(0, place % words.length),
  ]),
  // All options again.
  fc.constant<Mutation>((words) => [...words, ...words]),
);

/** Mostly right, with up to three things gone wrong. Without a command after `--`, unless by accident. */
export const commandLines: fc.Arbitrary<string[]> = fc
  .tuple(options, fc.array(mutation, { maxLength: 3 }))
  .map(([words, mutations]) => mutations.reduce((sofar, mutate) => (sofar.length > 0 ? mutate(sofar) : sofar), words));
