// ns-helper: looks which verb it is, and hands over to that one's bundle beside this one. V8 looks through the whole of a file before
// it runs any of it, and whoever enters should not wait for the scanner's part.
import { join } from 'node:path';
import { bundleFor, runBundle } from './compiled';
import { SCAN_BUNDLE, unshield } from './protocol';
import { run } from './run';

const [verb, ...rest] = unshield(process.argv.slice(2));

// Options end at --; a --help after it is the command's own.
const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
const asksForHelp = options.includes('--help');

run(async () => {
  if (verb === 'enter' && !asksForHelp) runBundle(join(__dirname, bundleFor(options)));
  else if (verb === 'scan' && !asksForHelp) runBundle(join(__dirname, SCAN_BUNDLE));
  else await import('./verbs');
  return null;
});
