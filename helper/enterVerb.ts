// Entering without a joiner, and being started again for it. A program by itself that main.ts hands over to, unless the command line
// names what only a joiner can do (compiled.ts).
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { resume } from './enter/resume';
import type { JoinerWays } from './enter/ways';
import { unshield } from './protocol';
import { run } from './run';

const [verb, ...rest] = unshield(ownArguments());

const refuse = (): never => {
  throw new Error('a joiner is needed, and this bundle has none');
};
const NONE: JoinerWays = { throughNewUser: refuse, throughTime: refuse, throughUser: refuse };

run(() => (verb === 'resume' ? resume(rest, NONE) : enter(rest, NONE)));
