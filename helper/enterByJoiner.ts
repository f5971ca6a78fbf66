// Entering with all that enterVerb.ts lacks: where the command line names `user` or `time`.
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { resume } from './enter/resume';
import { joinerWays } from './enter/ways';
import { unshield } from './protocol';
import { run } from './run';

const [verb, ...rest] = unshield(ownArguments());

run(() => (verb === 'resume' ? resume(rest, joinerWays) : enter(rest, joinerWays)));
