// Installs what the tests need and runs them: checks of the sources, then the suites. Suites that need root run by sudo
// where we are not root. The last line is `N passed, N failed`, with the skipped ones where there are any.
// Usage: node scripts/test.mjs [NAME…]   the names are those in lib/suites.mjs; all by default
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from './lib/apt.mjs';
import { personsEnvironment } from './lib/environment.mjs';
import { ensureCodeServer } from './lib/installCodeServer.mjs';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { ROOT, TOOL_NODE, VSIX } from './lib/paths.mjs';
import { commandLine, endTree, processesNaming } from './lib/processes.mjs';
import { asRoot, isRoot, run, status } from './lib/run.mjs';
import { CHECKS, SUITES } from './lib/suites.mjs';

const ARTIFACTS = join(ROOT, 'out/artifacts');
/** In the environment of everything that the tests start, so that what is left over can be told from the rest. */
const RUN_ID = `linux-namespaces-${randomUUID()}`;
const interrupt = new AbortController();
const { signal } = interrupt;
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];

function count(name, { passed = 0, failed = 0, skipped = 0 }, note = '') {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  summary.push(`${name.padEnd(10)} ${passed} passed, ${failed} failed, ${skipped} skipped${note && ` (${note})`}`);
}

function chosen(names) {
  const known = [...CHECKS, ...SUITES].map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no such tests: ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  const wanted = ({ name }) => names.length === 0 || names.includes(name);
  return { checks: CHECKS.filter(wanted), suites: SUITES.filter(wanted) };
}

async function prepare(suites) {
  await ensureNodeModules({ signal });
  if (suites.some(({ root }) => root) && !isRoot) {
    console.log(
      `Not root: ${suites
        .filter(({ root }) => root)
        .map(({ name }) => name)
        .join(', ')} will run by sudo.`,
    );
  }
  const tools = suites.flatMap((suite) => suite.tools);
  await ensureTools([...new Map(tools.map((tool) => [tool.package, tool])).values()], { signal });
  // Newer releases have the command in a package of its own.
  if (tools.some(({ program }) => program === 'dockerd')) {
    await ensureTools([{ program: 'docker', package: 'docker-cli' }], { signal });
  }
  if (suites.some((suite) => suite.codeServer)) await ensureRootsCodeServer();
  if (suites.length > 0) await run(process.execPath, ['scripts/build.mjs', '--tests'], { cwd: ROOT, signal });
  if (suites.some(({ vsix }) => vsix)) await run(process.execPath, ['scripts/package.mjs'], { cwd: ROOT, signal });
}

/** Root runs these suites, and lets throw-away users start the editor: it has to be in root's cache. */
async function ensureRootsCodeServer() {
  if (isRoot) return ensureCodeServer({ signal });
  // sudo gives root a PATH of its own, on which our npm may not be.
  const { PATH } = personsEnvironment(process.env);
  const script = join(ROOT, 'scripts/lib/installCodeServer.mjs');
  const [command, ...args] = asRoot(['env', `PATH=${PATH}`, process.execPath, script]);
  return run(command, args, { signal });
}

async function runCheck({ name, argv }) {
  console.log(`\n── ${name}`);
  const code = await status(TOOL_NODE, argv, { cwd: ROOT, signal });
  count(name, code === 0 ? { passed: 1 } : { failed: 1 });
}

async function runSuite(suite) {
  console.log(`\n── ${suite.name}`);
  const artifacts = join(ARTIFACTS, suite.name);
  mkdirSync(artifacts, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'lns-report-'));
  const report = join(scratch, 'report.json');
  const code = await logged(suite, [TOOL_NODE, ...suiteArguments(suite, report, artifacts)], artifacts);
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    // Told from a suite that ran to its end by the report, which is written last.
  }
  rmSync(scratch, { recursive: true, force: true });
  if (!counts) count(suite.name, { failed: 1 }, `died with exit code ${code}; see ${artifacts}`);
  else if (counts.passed + counts.failed + counts.skipped === 0) count(suite.name, { failed: 1 }, 'has no tests');
  else if (code !== 0 && counts.failed === 0)
    count(suite.name, { ...counts, failed: 1 }, `ended with exit code ${code}`);
  else count(suite.name, counts);
}

function suiteArguments({ name, timeoutMs }, report, artifacts) {
  if (name === 'editor') return ['out/editor/runEditor.js', report, artifacts];
  return ['--enable-source-maps', 'out/support/runSuite.js', `out/${name}`, report, String(timeoutMs)];
}

/** Runs a suite with its output on the screen and in a log file; resolves with its exit code. */
function logged({ name, root }, argv, artifacts) {
  const variables = {
    NAMESPACES_TEST_RUN: RUN_ID,
    NAMESPACES_TEST_ARTIFACTS: artifacts,
    NAMESPACES_TEST_VSIX: VSIX,
    ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
  };
  // sudo resets the environment, so what the suite needs goes on the command line.
  const assignments = Object.entries({ CI: process.env.CI ?? '', ...variables }).map(
    ([key, value]) => `${key}=${value}`,
  );
  // What sudo tells of its caller would be taken for a test's own sudo.
  const forget = ['SUDO_USER', 'SUDO_UID', 'SUDO_GID', 'SUDO_COMMAND'].map((variable) => `--unset=${variable}`);
  const [command, ...args] = root && !isRoot ? asRoot(['env', ...forget, ...assignments, ...argv]) : argv;
  const log = createWriteStream(join(artifacts, `${name}.log`));
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...variables };
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['inherit', 'pipe', 'pipe'] });
    for (const [stream, screen] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream.pipe(screen, { end: false });
      stream.pipe(log, { end: false });
    }
    // The suite ends its tests in order, and their `after` hooks clean up.
    signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.once('error', reject);
    child.once('exit', (code, killedBy) => {
      log.end();
      resolve(killedBy ?? code);
    });
  });
}

/** Whatever still carries this run's mark was left over by a test: that is a failure, and it is ended. */
async function endLeftovers() {
  const pids = processesNaming(RUN_ID);
  if (pids.length === 0) return;
  count('left over', { failed: pids.length }, pids.map((pid) => `${pid} ${commandLine(pid)}`).join('; '));
  for (const pid of pids) await endTree(pid);
}

async function main() {
  const { checks, suites } = chosen(process.argv.slice(2));
  try {
    await prepare(suites);
    for (const check of checks) if (!signal.aborted) await runCheck(check);
    for (const suite of suites) if (!signal.aborted) await runSuite(suite);
  } catch (error) {
    if (!signal.aborted) console.error(error.message);
    count('set-up', { failed: 1 }, signal.aborted ? 'interrupted' : error.message);
  } finally {
    await endLeftovers();
    if (!isRoot && suites.some(({ root }) => root)) {
      const [command, ...args] = asRoot(['chown', '-R', `${process.getuid()}:${process.getgid()}`, join(ROOT, 'out')]);
      await status(command, args);
    }
  }
  if (signal.aborted) count('run', { failed: 1 }, 'interrupted');
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort());
try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
console.log(`\n${summary.join('\n')}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
