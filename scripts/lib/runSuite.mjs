// Runs one suite of tests in a process of its own, with its output on the screen and in a log file, and tells what came of
// it. Suites that need root run by sudo where we are not root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, TOOL_NODE, VSIX } from './paths.mjs';
import { asRoot, isRoot, status } from './run.mjs';

/** @returns {Promise<{ passed: number, failed: number, skipped: number, failures?: string[], note?: string }>} */
export async function runSuite(suite, { artifacts, runId, signal }) {
  mkdirSync(artifacts, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'lns-report-'));
  try {
    const report = join(scratch, 'report.json');
    const argv = [TOOL_NODE, ...suiteArguments(suite, report, artifacts)];
    const end = await runLogged(suite, argv, { artifacts, runId, signal });
    return judge(readReport(report), end, artifacts);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function suiteArguments({ name, timeoutMs }, report, artifacts) {
  if (name === 'editor') return ['out/editor/runEditor.js', report, artifacts];
  return ['--enable-source-maps', 'out/support/runSuite.js', `out/${name}`, report, String(timeoutMs)];
}

/** Undefined where the suite died: the report is written last. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function judge(counts, end, artifacts) {
  const failed = (note) => ({ passed: 0, skipped: 0, ...counts, failed: 1, note });
  if (!counts) return failed(`died: ${end}; see ${artifacts}`);
  if (counts.passed + counts.failed + counts.skipped === 0) return failed('has no tests');
  if (end !== 'exit code 0' && counts.failed === 0) return failed(`ended with ${end}`);
  return counts;
}

/** Resolves with how the process ended. */
async function runLogged({ name, root }, argv, { artifacts, runId, signal }) {
  const variables = {
    NAMESPACES_TEST_RUN: runId,
    NAMESPACES_TEST_ARTIFACTS: artifacts,
    NAMESPACES_TEST_VSIX: VSIX,
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
  };
  const bySudo = root && !isRoot;
  const [command, ...args] = bySudo ? asRoot(['env', ...rootsEnvironment(variables), ...argv]) : argv;
  const env = { ...process.env, ...variables };
  const child = spawn(command, args, { cwd: ROOT, env, stdio: ['inherit', 'pipe', 'pipe'] });
  const log = createWriteStream(join(artifacts, `${name}.log`));
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].pipe(process[name], { end: false });
    child[name].pipe(log, { end: false });
  }
  // The suite ends its tests in order, and their `after` hooks clean up. Only root may signal a sudo.
  const stop = () => (bySudo ? statusAsRoot(['kill', '-TERM', String(child.pid)]) : child.kill('SIGTERM'));
  signal.addEventListener('abort', stop, { once: true });
  const closed = once(child, 'close');
  const [code, killedBy] = await once(child, 'exit');
  // Something that the suite left running may hold its output open for ever.
  await Promise.race([closed, sleep(2_000)]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  log.end();
  signal.removeEventListener('abort', stop);
  return killedBy ?? `exit code ${code}`;
}

/** sudo resets the environment; and what it tells of its own caller would be taken for that of a test's sudo. */
function rootsEnvironment(variables) {
  const forget = ['SUDO_USER', 'SUDO_UID', 'SUDO_GID', 'SUDO_COMMAND'].map((variable) => `--unset=${variable}`);
  const { CI = '', NAMESPACES_TEST_EDITOR = '' } = process.env;
  const set = Object.entries({ CI, NAMESPACES_TEST_EDITOR, ...variables }).map(([key, value]) => `${key}=${value}`);
  return [...forget, ...set];
}

export function statusAsRoot(argv, options) {
  const [command, ...args] = asRoot(argv);
  return status(command, args, options);
}
