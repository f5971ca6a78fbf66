// Installs what the tests need and runs them: checks of the sources, then the suites. The last line is
// `N passed, N failed`, with the skipped ones where there are any.
// Usage: node scripts/test.mjs [NAME…]   the names are those in lib/suites.mjs; all by default
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from './lib/apt.mjs';
import { personsEnvironment } from './lib/environment.mjs';
import { ensureCodeServer } from './lib/installCodeServer.mjs';
import { makeMuslRoot } from './lib/muslRoot.mjs';
import { ensureNodeModules } from './lib/nodeModules.mjs';
import { bringOtherNodes } from './lib/otherNodes.mjs';
import { ROOT, TOOL_NODE } from './lib/paths.mjs';
import { platformTarget } from './lib/platforms.mjs';
import { commandLine, endTree, processesNaming } from './lib/processes.mjs';
import { capture, isRoot, run } from './lib/run.mjs';
import { runSuite, statusAsRoot } from './lib/runSuite.mjs';
import { CHECKS, SUITES } from './lib/suites.mjs';

/** In the environment of everything that the tests start, so that what is left over can be told from the rest. */
const RUN_ID = `linux-namespaces-${randomUUID()}`;
const interrupt = new AbortController();
const { signal } = interrupt;
const total = { passed: 0, failed: 0, skipped: 0 };
const summary = [];
/** Said once more at the end: of a long run often only that is kept. */
const allFailures = [];

/**
 * @param {string} name
 * @param {{ passed?: number, failed?: number, skipped?: number, failures?: string[], note?: string }} counts
 */
function count(name, { passed = 0, failed = 0, skipped = 0, failures = [], note }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  allFailures.push(...failures.map((failure) => `${name}: ${failure}`));
  summary.push(`${name.padEnd(10)} ${passed} passed, ${failed} failed, ${skipped} skipped${note ? ` (${note})` : ''}`);
}

function choose(names) {
  const known = [...CHECKS, ...SUITES].map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no such tests: ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  const wanted = ({ name }) => names.length === 0 || names.includes(name);
  return { checks: CHECKS.filter(wanted), suites: SUITES.filter(wanted) };
}

async function prepare(suites) {
  await ensureNodeModules({ signal });
  const privileged = suites.filter(({ root }) => root).map(({ name }) => name);
  if (privileged.length > 0 && !isRoot) await checkSudo(privileged.join(', '));
  const tools = suites.flatMap((suite) => suite.tools);
  await ensureTools([...new Map(tools.map((tool) => [tool.package, tool])).values()], { signal });
  // Newer releases have the command in a package of its own.
  if (tools.some(({ program }) => program === 'dockerd')) {
    await ensureTools([{ program: 'docker', package: 'docker-cli' }], { signal });
  }
  if (suites.some(({ codeServer }) => codeServer)) await ensureRootsCodeServer();
  if (suites.length > 0) await run(process.execPath, ['scripts/build.mjs', '--tests'], { cwd: ROOT, signal });
  if (suites.some(({ vsix }) => vsix)) {
    const platforms = suites.some(({ vsix }) => vsix === 'all') ? [] : [platformTarget()];
    await run(process.execPath, ['scripts/package.mjs', ...platforms], { cwd: ROOT, signal });
  }
  if (suites.some(({ otherNodes }) => otherNodes)) {
    await bringOtherNodes({ signal });
    await makeMuslRoot({ signal });
  }
}

/** Asks for the password, if need be, before anything else rather than in the middle. */
async function checkSudo(names) {
  console.log(`Not root: ${names} will run by sudo.`);
  if ((await statusAsRoot(['true'], { signal })) !== 0) throw new Error(`sudo refuses, and these need root: ${names}`);
}

/** Root runs these suites, and lets throw-away users start the editor: it has to be in root's cache. */
async function ensureRootsCodeServer() {
  if (isRoot) return ensureCodeServer({ signal });
  // sudo gives root a PATH of its own, on which our npm may not be.
  const { PATH } = personsEnvironment(process.env);
  const variables = [`PATH=${PATH}`, `NAMESPACES_TEST_EDITOR=${process.env.NAMESPACES_TEST_EDITOR ?? ''}`];
  const script = join(ROOT, 'scripts/lib/installCodeServer.mjs');
  const code = await statusAsRoot(['env', ...variables, process.execPath, script], { signal });
  if (code !== 0) throw new Error('code-server could not be installed');
}

async function runAll({ checks, suites }) {
  // Checks compute, and suites that need no root mostly wait and touch nothing of the machine's: side by side, they take the
  // time of one of them.
  const light = suites.filter(({ root }) => !root);
  const [checked] = await Promise.all([Promise.all(checks.map(runCheck)), runInTurn(light)]);
  for (const [name, result] of checked) count(name, result);
  await runInTurn(suites.filter(({ root }) => root));
}

/** Shows its output when it has ended, in one piece, since others have theirs meanwhile. Resolves with what to count. */
async function runCheck({ name, argv }) {
  const { code, said } = await capture(TOOL_NODE, argv, { cwd: ROOT, signal });
  console.log(`\n── ${name}\n${said}`);
  return [name, code === 0 ? { passed: 1 } : { failed: 1 }];
}

async function runInTurn(suites) {
  for (const suite of suites) {
    signal.throwIfAborted();
    console.log(`\n── ${suite.name}`);
    const artifacts = join(ROOT, 'out/artifacts', suite.name);
    count(suite.name, await runSuite(suite, { artifacts, runId: RUN_ID, signal }));
  }
  signal.throwIfAborted();
}

/** Whatever still carries this run's mark was left over by a test: that is a failure, and it is ended. */
async function endLeftovers() {
  const pids = processesNaming(RUN_ID);
  if (pids.length === 0) return;
  count('left over', { failed: pids.length, note: pids.map((pid) => `${pid} ${commandLine(pid)}`).join('; ') });
  for (const pid of pids) await endTree(pid);
}

async function main(names) {
  const { checks, suites } = choose(names);
  try {
    await prepare(suites);
    await runAll({ checks, suites });
    // The next build is ours again.
    if (!isRoot && suites.some(({ root }) => root)) {
      await statusAsRoot(['chown', '-R', `${userInfo().uid}:${userInfo().gid}`, join(ROOT, 'out')]);
    }
  } catch (error) {
    const note = signal.aborted ? 'interrupted' : error.message;
    console.error(note);
    count('run', { failed: 1, note });
  }
  await endLeftovers();
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort());
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
for (const failure of allFailures) console.log(`\nFAILED ${failure}`);
console.log(`\n${summary.join('\n')}\n`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
