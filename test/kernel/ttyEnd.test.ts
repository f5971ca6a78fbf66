// When the terminal dies, what ran in it dies; so it does where whoever started it is told to end. Nothing is left: no
// process, no zombie, no mount.
import assert from 'node:assert/strict';
import { Beside } from '../support/beside';
import { signal, waitFor } from '../support/run';
import type { Terminal } from '../support/pty';
import { commOf, descendantsOf } from './support';
import { allGone, INNER_SHELL, lastCode, processBelow, Stage, STARTS, WAYS } from './supportTty';

/** Most of the time sudo waits: two seconds, before it ends by force what does not end. */
const AT_ONCE = 6;

describe('enter on a terminal: its end', () => {
  const stage = new Stage();
  before(() => stage.open());
  after(() => stage.close());

  for (const start of STARTS) {
    describe(start, () => {
      let mounts: string[];
      before(() => (mounts = stage.mounts()));
      const beside = new Beside(AT_ONCE);
      after(() => {
        assert.deepEqual(stage.mounts(), mounts);
      });

      for (const way of WAYS) {
        const shows = (title: string, command: readonly string[], act: (terminal: Terminal) => Promise<void>): void => {
          beside.it(`in ${way}: ${title}`, () => stage.inShell(start, stage.helper(start, way, command), act));
        };

        // Not its background jobs: bash tells them only where the hang-up reaches it before the end of its input does, which
        // sudo and an outer shell leave to chance, with or without ns-helper.
        shows('closing the terminal ends a shell in there, and what it runs', INNER_SHELL, async (terminal) => {
          terminal.type('"$@"\r');
          await terminal.expect(/inner> /);
          terminal.type('sleep 1000\r');
          await processBelow(terminal.pid, 'sleep');
          const pids = descendantsOf(terminal.pid);
          terminal.hangUp();
          await allGone(pids);
        });

        beside.it(`in ${way}: closing the terminal ends it where no shell is around it`, () =>
          stage.inTerminal(start, stage.helper(start, way, ['sleep', '1000']), async (terminal) => {
            await waitFor('sleep', () =>
              [terminal.pid, ...descendantsOf(terminal.pid)].some((pid) => commOf(pid) === 'sleep'),
            );
            const pids = descendantsOf(terminal.pid);
            terminal.hangUp();
            await allGone(pids);
          }),
        );

        shows('SIGTERM to whom the shell started ends the command', ['sleep', '1000'], async (terminal) => {
          terminal.type('"$@"\r');
          await processBelow(terminal.pid, 'sleep');
          const pids = descendantsOf(terminal.pid);
          signal(pids[0] ?? 0, 'SIGTERM');
          await terminal.expect(/outer> /);
          assert.equal(await lastCode(terminal), 143);
          await allGone(pids);
        });
      }
    });
  }
});
