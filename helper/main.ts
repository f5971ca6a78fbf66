// ns-helper: the verbs, and the one place that turns a failure into a line on standard error and an exit code.
import { writeSync } from 'node:fs';
import { HelperError, quote, reason } from './errors';
import { ENTER_USAGE, SCAN_USAGE, USAGE } from './help';

declare const VERSION: string;

// Each verb's part of the bundle is run when it is asked for: a scan has no use for system calls.
async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv;
  switch (verb) {
    case 'enter':
      // Options end at --; a --help after it is the command's own.
      if (rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined).includes('--help'))
        return print(ENTER_USAGE);
      return (await import('./enter/enter')).enter(rest);
    case 'scan':
      return rest.includes('--help') ? print(SCAN_USAGE) : (await import('./scanVerb')).scanVerb(rest);
    case 'power':
      return (await import('./power')).power(rest);
    case 'install':
      return (await import('./install/install')).install(rest, print);
    case 'uninstall':
      return (await import('./install/install')).uninstall(rest, print);
    case 'doctor':
      return (await import('./doctor/doctor')).doctor(rest, print);
    // Between one helper and the next alone: see enter/state.ts.
    case 'resume':
      return (await import('./enter/resume')).resume(rest);
    case '--help':
      return print(USAGE);
    case '--version':
      return print(`ns-helper ${VERSION}\n`);
    case undefined:
      throw new HelperError('badArguments', 'no verb: enter, scan, doctor … (see ns-helper --help)');
    default:
      throw new HelperError('badArguments', `unknown verb ${quote(verb)} (see ns-helper --help)`);
  }
}

function print(text: string): number {
  writeSync(1, text);
  return 0;
}

function report(error: unknown): number {
  const failure =
    error instanceof HelperError
      ? error
      : new HelperError('internal', `a fault of its own: ${reason(error)}`, { cause: error });
  writeSync(2, `ns-helper: ${failure.message.replaceAll('\n', ' ')}\n`);
  // For engineers; never from a variable that a target could set.
  if (failure.exit === 'internal' && process.execArgv.includes('--trace-uncaught'))
    writeSync(2, `${String((error as Error).stack)}\n`);
  return failure.code;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = report(error);
  },
);
