// Runs compiled test files with mocha in this process, prints them, and writes down how many passed, failed and were
// skipped. The report is what counts: a process that dies half-way has none.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { SKIP_REASON } from './skip';

export interface Report {
  passed: number;
  failed: number;
  skipped: number;
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
  const report: Report = { passed: 0, failed: 0, skipped: 0 };
  const skips: string[] = [];
  let runner: Mocha.Runner | undefined;
  const done = new Promise<Report>((resolve) => {
    runner = mocha.run(() => {
      for (const line of skips) print(`  skipped: ${line}`);
      writeFileSync(reportFile, JSON.stringify(report));
      resolve(report);
    });
    runner.on('pass', () => (report.passed += 1));
    runner.on('fail', () => (report.failed += 1));
    runner.on('pending', (test) => {
      const title = test.fullTitle();
      const hasReason = SKIP_REASON.test(title);
      if (hasReason) report.skipped += 1;
      else report.failed += 1;
      skips.push(hasReason ? title : `${title}: no reason given, which counts as a failure`);
    });
  });
  return { abort: () => runner?.abort(), done };
}
