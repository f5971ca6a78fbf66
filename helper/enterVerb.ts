// Entering without a joiner. A program by itself that main.ts hands over to, unless the command line names what only a joiner can do
// (compiled.ts).
import { ownArguments } from './enter/bytes';
import { enter } from './enter/enter';
import { unshield } from './protocol';
import { run } from './run';

const [, ...rest] = unshield(ownArguments());

run(() =>
  enter(rest, () => {
    throw new Error('a joiner is needed, and this bundle has none');
  }),
);
