// Runs compiled test files with mocha in this process, prints them, and writes down how many passed, failed and were
// skipped. The report is what counts: a process that dies half-way has none.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { SKIP_REASON } from './skip';

/** A text compared with another may be long. */
const LONGEST_FAILURE = 2_000;

export interface Report {
  passed: number;
  failed: number;
  skipped: number;
  /** What each that failed is called, and why it did. */
  failures: string[];
}

export interface MochaOptions {
  reportFile: string;
  timeoutMs: number;
  print: (line: string) => void;
}

export interface MochaRun {
  /** Ends the run after the test under way; the `after` hooks still clean up. */
  abort(): void;
  done: Promise<Report>;
}

export function runMocha(files: readonly string[], { reportFile, timeoutMs, print }: MochaOptions): MochaRun {
  const mocha = new Mocha({ ui: 'bdd', reporter: 'spec', timeout: timeoutMs, slow: timeoutMs, forbidOnly: true });
  for (const file of files) mocha.addFile(file);
  const report: Report = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const skips: string[] = [];
  let runner: Mocha.Runner | undefined;
  const done = new Promise<Report>((resolve) => {
    runner = mocha.run(() => {
      for (const line of skips) print(`  skipped: ${line}`);
      writeFileSync(reportFile, JSON.stringify(report));
      resolve(report);
    });
    runner.on('pass', () => (report.passed += 1));
    runner.on('fail', (test, error: Error) => {
      report.failed += 1;
      report.failures.push(`${test.fullTitle()}\n${error.stack ?? error.message}`.slice(0, LONGEST_FAILURE));
    });
    runner.on('pending', (test) => {
      const title = test.fullTitle();
      const hasReason = SKIP_REASON.test(title);
      const line = hasReason ? title : `${title}: no reason given, which counts as a failure`;
      skips.push(line);
      if (hasReason) report.skipped += 1;
      else {
        report.failed += 1;
        report.failures.push(line);
      }
    });
  });
  return { abort: () => runner?.abort(), done };
}
