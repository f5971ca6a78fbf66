// Runs all test files below one folder. Usage: node out/support/runSuite.js FOLDER REPORT TIMEOUT_MS
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runMocha } from './mochaRun';

const [folder = '', reportFile = '', timeout = ''] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.js'));
const paths = files.sort().map((file) => resolve(join(folder, file)));

const run = runMocha(paths, { reportFile, timeoutMs: Number(timeout), print: console.log });
let aborted = false;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    aborted = true;
    run.abort();
  });
}
void run.done.then((report) => {
  process.exitCode = report.failed > 0 || aborted ? 1 : 0;
  // Whatever keeps this process alive from here on was left over by a test.
  setTimeout(() => {
    console.error(`${folder}: all tests are done, but something that they started still runs`);
    process.exit(1);
  }, 10_000).unref();
});
