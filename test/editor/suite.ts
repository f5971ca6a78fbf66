// What the extension host loads to run the editor tests: all *.test.js of one folder. Its console is full of the workbench's
// own lines, so the results go to a file.
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'node:util';
import Mocha from 'mocha';
import { runMocha } from '../support/mochaRun';

export async function run(): Promise<void> {
  const {
    NAMESPACES_TEST_FOLDER: folder,
    NAMESPACES_TEST_REPORT: reportFile,
    NAMESPACES_TEST_RESULTS: resultsFile,
  } = process.env;
  if (!folder || !reportFile || !resultsFile)
    throw new Error('NAMESPACES_TEST_FOLDER, NAMESPACES_TEST_REPORT or NAMESPACES_TEST_RESULTS is not set');
  const print = (...parts: unknown[]): void => {
    appendFileSync(resultsFile, `${format(...parts)}\n`);
  };
  Mocha.reporters.Base.consoleLog = print;
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.js'));
  const paths = files.sort().map((file) => join(folder, file));
  const report = await runMocha(paths, { reportFile, timeoutMs: 60_000, print }).done;
  if (report.failed > 0) throw new Error(`${report.failed} failed`);
}
