// `ns-helper compile`: keeps the code that V8 makes of the bundles (compiled.ts) beside them. The extension asks for it once.
import { chmodSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { scriptOf } from './compiled';
import { codeFile, ENTER_BUNDLE, ENTER_OPTIONS, JOINER_BUNDLE, SCAN_BUNDLE, SCAN_OPTIONS } from './protocol';

/**
 * For the bundles in this folder, each in one step. V8 takes code back only with the options that it was kept with. Who starts this with
 * those for `enter` starts a scan with those for that; and who gives none (Electron knows none of them), neither. Throws as fs does.
 */
export function keepCode(folder: string): void {
  removeOldDrafts(folder);
  const given = ENTER_OPTIONS.every((option) => process.execArgv.includes(option));
  for (const bundle of [JOINER_BUNDLE, ENTER_BUNDLE]) keepCodeOf(join(folder, bundle), given ? ENTER_OPTIONS : [LAZY]);
  // What is set here stays set, and so these come last.
  keepCodeOf(join(folder, SCAN_BUNDLE), given ? [LAZY, ...SCAN_OPTIONS] : [LAZY]);
}

/** What V8 does by itself: it compiles a function when it is called. */
const LAZY = '--lazy';

function keepCodeOf(path: string, options: readonly string[]): void {
  const source = readFileSync(path);
  // Of what is only compiled when it is called there would be no code.
  setFlagsFromString('--no-lazy');
  const script = scriptOf(source, path);
  for (const option of options) setFlagsFromString(option);
  const draft = `${codeFile(path)}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.concat([source, script.createCachedData()]), { flag: 'wx', mode: 0o600 });
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
