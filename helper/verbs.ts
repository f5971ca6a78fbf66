// The verbs other than entering and scanning. A program by itself that main.ts hands over to; each bundle has a copy of what
// it shares with the others.
import { writeSync } from 'node:fs';
import { HelperError, quote, reason } from './errors';
import { ENTER_USAGE, SCAN_USAGE, USAGE } from './help';
import { keepCode } from './keepCode';
import { unshield } from './protocol';
import { run } from './run';

declare const VERSION: string;

// Each verb's part of the bundle is run when it is asked for.
async function verbs(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv;
  switch (verb) {
    // main.ts hands these over only for this.
    case 'enter':
      return print(ENTER_USAGE);
    case 'scan':
      return print(SCAN_USAGE);
    case 'power':
      return (await import('./power')).power(rest);
    case 'install':
      return (await import('./install/install')).install(rest, print);
    case 'uninstall':
      return (await import('./install/install')).uninstall(rest, print);
    // For the extension, which gives it the options with which it enters.
    case 'compile':
      return compile(rest);
    case 'doctor':
      return (await import('./doctor/doctor')).doctor(rest, print);
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

function compile([unexpected]: readonly string[]): number {
  if (unexpected !== undefined)
    throw new HelperError('badArguments', `compile: unexpected argument ${quote(unexpected)}`);
  try {
    keepCode(__dirname);
  } catch (error) {
    throw new HelperError('internal', `compile: nothing was kept: ${reason(error)}`, { cause: error });
  }
  return 0;
}

function print(text: string): number {
  writeSync(1, text);
  return 0;
}

run(() => verbs(unshield(process.argv.slice(2))));
