// Entering, and being started again for it. A program by itself that main.ts hands over to.
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { resume } from './enter/resume';
import { unshield } from './protocol';
import { run } from './run';

const [verb, ...rest] = unshield(ownArguments());

run(() => (verb === 'resume' ? resume(rest) : enter(rest)));
