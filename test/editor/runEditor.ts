// Runs the editor suite in a real extension host, by @vscode/test-electron, on a copy of the sample workspace. What the
// editor itself says goes to ARTIFACTS/editor.log. Usage: node out/editor/runEditor.js REPORT ARTIFACTS
import { cpSync, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';

async function main(reportFile: string, artifacts: string): Promise<void> {
  // runTests passes on SIGINT alone.
  process.once('SIGTERM', () => process.kill(process.pid, 'SIGINT'));
  const root = process.cwd();
  mkdirSync(artifacts, { recursive: true });
  const log = createWriteStream(join(artifacts, 'editor.log'));
  const results = resolve(artifacts, 'results.txt');
  const workspace = mkdtempSync(join(tmpdir(), 'lns-editor-'));
  try {
    cpSync(join(root, 'test/editor/workspace'), workspace, { recursive: true });
    await runTests({
      // The stand-in is a script, so Node is the executable and the script its first argument.
      vscodeExecutablePath: process.execPath,
      launchArgs: [resolve('out/support/codeStandIn.js'), workspace],
      extensionDevelopmentPath: root,
      extensionTestsPath: resolve('out/editor/suite.js'),
      extensionTestsEnv: { NAMESPACES_TEST_REPORT: resolve(reportFile), NAMESPACES_TEST_RESULTS: results },
      stdout: log,
      stderr: log,
    });
  } finally {
    if (existsSync(results)) console.log(readFileSync(results, 'utf8'));
    rmSync(workspace, { recursive: true, force: true });
    log.end();
  }
}

main(process.argv[2] ?? '', process.argv[3] ?? '').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
