// Runs something in the extension's place in a real extension host.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, TOOL_NODE } from '../../../scripts/lib/paths.mjs';

export const HERE = dirname(fileURLToPath(import.meta.url));
export const CPU_CLOCK = join(HERE, 'cpuClock.cjs');

/** The extension as it is built, but for what is loaded first; with a `dist` of its own, and these files of this folder. */
export function makeExtension(scratch, main, others = []) {
  const folder = mkdtempSync(join(scratch, 'extension-'));
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, main: `./${main}` }));
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  for (const name of ['l10n', 'media', 'package.nls.json']) symlinkSync(join(ROOT, name), join(folder, name));
  for (const name of [main, ...others]) copyFileSync(join(HERE, name), join(folder, name));
  return folder;
}

/**
 * In a host of its own, which has loaded nothing yet, with these files opened as it starts. `results`: the file to which what
 * runs there adds lines of JSON.
 */
export function runInHost({ extension, workspace, files = /** @type {string[]} */ ([]), suite, results, when = '' }) {
  const env = {
    ...process.env,
    NAMESPACES_BENCH_CPU: CPU_CLOCK,
    NAMESPACES_BENCH_RESULTS: results,
    NAMESPACES_BENCH_WHEN: when,
  };
  const argv = [
    join(ROOT, 'out/support/codeStandIn.js'),
    workspace,
    ...files,
    `--extensionDevelopmentPath=${extension}`,
    `--extensionTestsPath=${join(HERE, suite)}`,
  ];
  const { status, stderr } = spawnSync(TOOL_NODE, argv, { cwd: ROOT, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the editor ended with ${status}: ${stderr}`);
}

/** What the hosts have told, a value for each line. */
export const told = (results) =>
  readFileSync(results, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
