// What follows `scan` on the command line. Pure.
import { HelperError, quote } from '../errors';

export interface ScanRequest {
  json: boolean;
  watch: boolean;
}

export function parseScan(argv: readonly string[]): ScanRequest {
  const unknown = argv.find((argument) => argument !== '--json' && argument !== '--watch');
  if (unknown !== undefined) {
    throw new HelperError('badArguments', `scan: unknown argument ${quote(unknown)} (it takes --json or --watch)`);
  }
  return { json: argv.includes('--json'), watch: argv.includes('--watch') };
}
