// Entering with all that enterVerb.ts lacks.
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { throughJoiner } from './enter/ways';
import { unshield } from './protocol';
import { run } from './run';

const [, ...rest] = unshield(ownArguments());

run(() => enter(rest, throughJoiner));
