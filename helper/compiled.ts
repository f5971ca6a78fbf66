// The bundles that enter and scan, and the code that V8 has made of them. Compiling is half of what entering costs over the start of
// Node, and a quarter of what a scan does before it has found anything. V8 can be spared it: keepCode.ts keeps the code beside each
// bundle, for the same V8 with the same options.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Script } from 'node:vm';
import { codeFile, ENTER_BUNDLE, JOINER_BUNDLE } from './protocol';

/** What Node gives to a file that it loads by require(). */
type Program = (...args: unknown[]) => void;
const HEAD = '(function (exports, require, module, __filename, __dirname) {';

/**
 * The bundle that a command line of `enter` needs; `options` is that up to `--`. It has not been parsed yet: a namespace type is a word
 * of its own there, between commas and before `=`, and what is taken for one by mistake is entered by the larger bundle.
 */
export function bundleFor(options: readonly string[]): string {
  const names = (types: RegExp): boolean => options.some((word) => types.test(word));
  const needsJoiner = names(/(^|,)(user|time)(,|=|$)/) || (options.includes('--new') && names(/(^|,)pid(,|$)/));
  return needsJoiner ? JOINER_BUNDLE : ENTER_BUNDLE;
}

/** V8 takes what it is given for its own code: a file is not enough that somebody else could have written. */
function openCode(path: string, owner: number): number | null {
  let fd: number;
  try {
    // Not a link, and not to wait for whoever writes into a FIFO.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  const { uid, mode, size } = fstatSync(fd);
  const isRegular = (mode & constants.S_IFMT) === constants.S_IFREG;
  if (isRegular && (mode & WRITABLE_BY_OTHERS) === 0 && [0, owner].includes(uid) && size <= MOST) return fd;
  closeSync(fd);
  return null;
}

const WRITABLE_BY_OTHERS = 0o022;
const MOST = 16 * 1024 * 1024;

/** Runs the bundle at `path`, as require() would. */
export function runBundle(path: string): void {
  const program = openSync(path, constants.O_RDONLY);
  const code = openCode(codeFile(path), fstatSync(program).uid);
  const source = readFrom(program);
  const kept = code === null ? null : readFrom(code);
  // Before it runs: it may execute something else in its place.
  for (const fd of [program, code]) if (fd !== null) closeSync(fd);
  // V8 only compares how long the source is.
  const cachedData = kept?.subarray(0, source.length).equals(source) ? kept.subarray(source.length) : undefined;
  const run = scriptOf(source, path, cachedData).runInThisContext() as Program;
  run(exports, require, module, path, dirname(path));
}

/** What V8 makes of a bundle, or what it has made of it: if that is another V8's, it is refused, and V8 compiles. */
export const scriptOf = (source: Buffer, path: string, cachedData?: Buffer): Script =>
  // The first line, for the kernel, is one of JavaScript only where the file begins.
  new Script(`${HEAD}//${source.toString()}\n})`, { filename: basename(path), cachedData });

function readFrom(fd: number): Buffer {
  const content = Buffer.alloc(fstatSync(fd).size);
  let at = 0;
  while (at < content.length) {
    const count = readSync(fd, content, at, content.length - at, at);
    if (count === 0) break;
    at += count;
  }
  return content.subarray(0, at);
}
