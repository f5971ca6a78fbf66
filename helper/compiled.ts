// The bundles that enter, and the code that V8 has made of them. Compiling is half of what entering costs over the start of Node, and V8
// can be spared it: `ns-helper compile` keeps the code beside each bundle, for the same V8 with the same options.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { codeFile, ENTER_BUNDLE, JOINER_BUNDLE } from './protocol';

/** Descriptors of the bundle and of its code; null where that is not there, or is not to be trusted. */
export interface Compiled {
  program: number;
  code: number | null;
}

/** What Node gives to a file that it loads by require(). */
type Program = (...args: unknown[]) => void;
const PARAMETERS = ['exports', 'require', 'module', '__filename', '__dirname'];

/**
 * The bundle that a command line of `enter` needs; `options` is that up to `--`. It has not been parsed yet: a namespace type is a word
 * of its own there, between commas and before `=`, and what is taken for one by mistake is entered by the larger bundle.
 */
export const bundleFor = (options: readonly string[]): string =>
  options.some((word) => /(^|,)(user|time)(,|=|$)/.test(word)) ? JOINER_BUNDLE : ENTER_BUNDLE;

/** Those of the bundle at `path`. They stay open, for a helper that is started again (enter/again.ts). */
export function openCompiled(path: string): Compiled {
  const program = openSync(path, constants.O_RDONLY);
  return { program, code: openCode(codeFile(path), fstatSync(program).uid) };
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

/** Those that another helper has handed on: `resume STATE KOFFI PROGRAM [CODE]`. Null where these are none. */
export function handedCompiled(rest: readonly string[]): Compiled | null {
  const [, , program, code = null] = rest.map(Number);
  return program === undefined || !rest.every((word) => /^[0-9]{1,4}$/.test(word)) ? null : { program, code };
}

/** Runs the bundle at `path`, as require() would. */
export function runBundle(path: string): void {
  const { program, code } = openCompiled(path);
  const read = readCompiled({ program, code });
  // Before it runs: it may execute something else in its place.
  for (const fd of [program, code]) if (fd !== null) closeSync(fd);
  runProgram(read, path);
}

/** The same for what another helper has opened. */
export function runHanded(compiled: Compiled): void {
  runProgram(readCompiled(compiled), join(__dirname, ENTER_BUNDLE));
}

function readCompiled({ program, code }: Compiled): { source: Buffer; cachedData: Buffer | undefined } {
  const source = readFrom(program);
  const kept = code === null ? null : readFrom(code);
  // V8 only compares how long the source is.
  return {
    source,
    cachedData: kept?.subarray(0, source.length).equals(source) ? kept.subarray(source.length) : undefined,
  };
}

function runProgram({ source, cachedData }: ReturnType<typeof readCompiled>, path: string): void {
  // If it is another V8's, it is refused, and V8 compiles.
  const run = compileFunction(source.toString(), PARAMETERS, { filename: basename(path), cachedData }) as Program;
  run(exports, require, module, path, dirname(path));
}

/** Keeps the code for the bundles in this folder, each in one step. Throws as fs does. */
export function keepCode(folder: string): void {
  removeOldDrafts(folder);
  // The last one is looked for by the extension, to know whether all are there.
  for (const bundle of [JOINER_BUNDLE, ENTER_BUNDLE]) keepCodeOf(join(folder, bundle));
}

function keepCodeOf(path: string): void {
  const source = readFileSync(path);
  const options = { filename: basename(path), produceCachedData: true };
  const { cachedData } = compileFunction(source.toString(), PARAMETERS, options) as { cachedData?: Buffer };
  if (!cachedData) throw new Error('V8 makes none');
  const draft = `${codeFile(path)}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.concat([source, cachedData]), { flag: 'wx', mode: 0o600 });
    chmodSync(draft, 0o644);
    renameSync(draft, codeFile(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** What was left by those that were ended while they wrote. Another one may be writing now, which takes no second. */
function removeOldDrafts(folder: string): void {
  for (const name of readdirSync(folder).filter((name) => /\.code\.[0-9]+$/.test(name))) {
    const draft = join(folder, name);
    const found = lstatSync(draft, { throwIfNoEntry: false });
    if (found?.isFile() && Date.now() - found.mtimeMs > OLD_MS) rmSync(draft, { force: true });
  }
}

const OLD_MS = 60_000;

/** From its beginning, wherever another helper that has the same descriptor has read to. */
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
