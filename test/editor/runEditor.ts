// Runs the editor suite in a real extension host, by @vscode/test-electron, on copies of the sample workspaces: once in one
// folder, once in a workspace of several. What the editor itself says goes to ARTIFACTS/editor.log.
// Usage: node out/editor/runEditor.js REPORT ARTIFACTS
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  type WriteStream,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';
import type { Report } from '../support/mochaRun';

/** `open` is below the folder that holds the copy of `workspace`. */
const RUNS = [
  { tests: 'out/editor', workspace: 'test/editor/workspace', open: '.' },
  { tests: 'out/editor/multiRoot', workspace: 'test/editor/multiRoot/workspace', open: 'all.code-workspace' },
];

/** Of the names of containers in the sample workspaces; each run of the suite has one of its own. */
const PREFIX = 'editor-';

async function main(reportFile: string, artifacts: string): Promise<void> {
  // runTests passes on SIGINT alone.
  process.once('SIGTERM', () => process.kill(process.pid, 'SIGINT'));
  const interrupted = new AbortController();
  process.once('SIGINT', () => {
    interrupted.abort();
  });
  mkdirSync(artifacts, { recursive: true });
  const log = createWriteStream(join(artifacts, 'editor.log'));
  const total: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  try {
    for (const each of RUNS) {
      interrupted.signal.throwIfAborted();
      const report = await runOne(each, artifacts, log);
      for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += report[key];
      total.failures.push(...report.failures);
    }
  } finally {
    log.end();
  }
  writeFileSync(reportFile, JSON.stringify(total));
  if (total.failed > 0) throw new Error(`${total.failed} failed`);
}

/** Fails where the suite did not run to its end. */
async function runOne(
  { tests, workspace, open }: (typeof RUNS)[number],
  artifacts: string,
  log: WriteStream,
): Promise<Report> {
  const prefix = `${PREFIX}${randomBytes(3).toString('hex')}-`;
  const scratch = mkdtempSync(join(tmpdir(), 'lns-editor-'));
  const report = join(scratch, 'report.json');
  const results = resolve(artifacts, `results-${basename(tests)}.txt`);
  const copy = join(scratch, 'workspace');
  try {
    cpSync(workspace, copy, { recursive: true });
    rename(copy, prefix);
    await runTests({
      // The stand-in is a script, so Node is the executable and the script its first argument.
      vscodeExecutablePath: process.execPath,
      launchArgs: [resolve('out/support/codeStandIn.js'), join(copy, open)],
      extensionDevelopmentPath: [process.cwd(), resolve('test/editor/cargo')],
      extensionTestsPath: resolve('out/editor/suite.js'),
      extensionTestsEnv: {
        NAMESPACES_TEST_FOLDER: resolve(tests),
        NAMESPACES_TEST_REPORT: report,
        NAMESPACES_TEST_RESULTS: results,
        NAMESPACES_TEST_PREFIX: prefix,
      },
      stdout: log,
      stderr: log,
    }).catch((error: unknown) => {
      // Where tests failed, the report says so, and the other workspace has its turn.
      if (readReport(report).failed === 0) throw error;
    });
    return readReport(report);
  } finally {
    if (existsSync(results)) console.log(readFileSync(results, 'utf8'));
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readReport(path: string): Report {
  if (!existsSync(path)) throw new Error('the suite did not run to its end');
  return JSON.parse(readFileSync(path, 'utf8')) as Report;
}

/** Gives the containers in a workspace's files names of this run's own. */
function rename(folder: string, prefix: string): void {
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, file);
    if (file.endsWith('.json')) writeFileSync(path, readFileSync(path, 'utf8').replaceAll(`"${PREFIX}`, `"${prefix}`));
  }
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
