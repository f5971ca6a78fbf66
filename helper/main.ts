// ns-helper: entering, and being started again for it. Scanning and all else are bundles of their own beside this one: V8 looks
// through the whole of a file before it runs any of it, and whoever enters should not wait for the scanner's part.
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { resume } from './enter/resume';
import { unshield } from './protocol';
import { run } from './run';

const [verb, ...rest] = unshield(ownArguments());

// Options end at --; a --help after it is the command's own.
const asksForHelp = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined).includes('--help');

if (verb === 'enter' && !asksForHelp) run(() => enter(rest));
// Between one helper and the next alone: see enter/state.ts.
else if (verb === 'resume') run(() => resume(rest));
else if (verb === 'scan' && !asksForHelp) run(() => import('./scanVerb').then(() => null));
else run(() => import('./verbs').then(() => null));
