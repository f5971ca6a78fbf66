// On a real terminal, a command in namespaces is a job like any other: keys, stop and continue, exit codes, window size.
import assert from 'node:assert/strict';
import { Beside } from '../support/beside';
import { waitFor } from '../support/run';
import { KEYS, type Terminal } from '../support/pty';
import { INNER_SHELL, isFirst, lastCode, processBelow, Stage, STARTS, stateOf, WAYS } from './supportTty';

const EXITS: [string, number][] = [
  ['exit 0', 0],
  ['exit 3', 3],
  ['exit 255', 255],
];
const SIGNALS: [string, number][] = [
  ['kill -9 $$', 137],
  ['kill -15 $$', 143],
  ['kill -34 $$', 162],
];

/** Most of the time a shell waits. */
const AT_ONCE = 4;

describe('enter on a terminal: a job like any other', () => {
  const stage = new Stage();
  before(() => stage.open());
  after(() => stage.close());

  for (const start of STARTS) {
    describe(start, () => {
      const beside = new Beside(AT_ONCE);
      for (const way of WAYS) {
        const shows = (title: string, command: readonly string[], act: (terminal: Terminal) => Promise<void>): void => {
          beside.it(`in ${way}: ${title}`, () => stage.inShell(start, stage.helper(start, way, command), act));
        };

        shows('a shell in there has job control', INNER_SHELL, async (terminal) => {
          terminal.type('"$@"\r');
          await terminal.expect(/inner> /);
          assert.doesNotMatch(terminal.output, /no job control|cannot set terminal/);

          terminal.type('sleep 1000\r');
          await processBelow(terminal.pid, 'sleep');
          terminal.type(KEYS.interrupt);
          await terminal.expect(/inner> /);
          assert.equal(await lastCode(terminal), 130);

          terminal.type('sleep 1000\r');
          const sleep = await processBelow(terminal.pid, 'sleep');
          terminal.type(KEYS.suspend);
          await terminal.expect(/Stopped[^\n]*sleep 1000/);
          assert.equal(stateOf(sleep), 'T');
          assert.equal(await lastCode(terminal), 148);
          terminal.type('fg\r');
          await waitFor('sleep to go on', () => stateOf(sleep) === 'S');
          terminal.type(KEYS.quit);
          await terminal.expect(/Quit/);
          assert.equal(await lastCode(terminal), 131);

          terminal.type('exit 3\r');
          await terminal.expect(/outer> /);
          assert.equal(await lastCode(terminal), 3);
        });

        // It stops itself by a signal of its own, of which a first process takes no notice.
        if (!isFirst(way))
          shows('a shell in there can be suspended, and brought back', INNER_SHELL, async (terminal) => {
            terminal.type('"$@"\r');
            await terminal.expect(/inner> /);
            for (const round of ['1', '2']) {
              terminal.type('suspend\r');
              await terminal.expect(/Stopped/);
              await terminal.expect(/outer> /);
              terminal.type('fg\r');
              // What bash says when it is back differs by where it was stopped; that it answers does not.
              await terminal.expect(/fg\r\n/);
              terminal.type(`echo back-${round}-$((40 + 2))\r`);
              await terminal.expect(new RegExp(`back-${round}-42`));
            }
            terminal.type('exit 0\r');
            await terminal.expect(/outer> /);
            assert.equal(await lastCode(terminal), 0);
          });

        shows(
          'Ctrl-C, Ctrl-\\ and Ctrl-Z are the command’s, and fg goes on with it',
          ['sleep', '1000'],
          async (terminal) => {
            for (const [key, code] of [
              [KEYS.interrupt, 130],
              [KEYS.quit, 131],
            ] as const) {
              terminal.type('"$@"\r');
              await processBelow(terminal.pid, 'sleep');
              terminal.type(key);
              await terminal.expect(/outer> /);
              assert.equal(await lastCode(terminal), code);
            }

            terminal.type('"$@"\r');
            const sleep = await processBelow(terminal.pid, 'sleep');
            terminal.type(KEYS.suspend);
            await terminal.expect(/Stopped/);
            await terminal.expect(/outer> /);
            // A helper that waits has the key, too, and may stop first.
            await waitFor('sleep to stop', () => stateOf(sleep) === 'T');
            terminal.type('fg\r');
            await waitFor('sleep to go on', () => stateOf(sleep) === 'S');
            terminal.type(KEYS.interrupt);
            await terminal.expect(/outer> /);
            assert.equal(await lastCode(terminal), 130);
          },
        );

        const twice =
          '$| = 1; $SIG{QUIT} = "IGNORE"; $SIG{INT} = sub { print "caught\\n"; exit 7 if $n++ }; print "ready\\n"; sleep 1 while 1';
        shows(
          'a command that catches Ctrl-C, and ignores Ctrl-\\, goes on',
          ['perl', '-e', twice],
          async (terminal) => {
            terminal.type('"$@"\r');
            await terminal.expect(/ready/);
            terminal.type(KEYS.quit);
            for (let times = 0; times < 2; times++) {
              terminal.type(KEYS.interrupt);
              await terminal.expect(/caught/);
            }
            await terminal.expect(/outer> /);
            assert.equal(await lastCode(terminal), 7);
          },
        );

        shows('exit codes and signals', ['sh', '-c'], async (terminal) => {
          for (const [script, code] of [...EXITS, ...(isFirst(way) ? [] : SIGNALS)]) {
            terminal.type(`"$@" '${script}'\r`);
            await terminal.expect(/outer> /);
            assert.equal(await lastCode(terminal), code, script);
          }
        });

        const script = 'trap "stty size" WINCH; stty size; echo ready; while :; do sleep 0.05; done';
        shows('the window’s size, and its change', ['bash', '-c', script], async (terminal) => {
          terminal.type('"$@"\r');
          await terminal.expect(/24 80\r\nready/);
          terminal.resize(101, 33);
          await terminal.expect(/33 101/);
        });
      }
    });
  }
});
