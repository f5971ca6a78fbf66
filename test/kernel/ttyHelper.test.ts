// What stays behind on the terminal: the helper that waits, without rights and small; and what somebody in there could do
// with the terminal itself.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { signal, waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { makeUser } from '../support/users';
import { allGone, lastCode, processBelow, Stage, STARTS, WITH_HELPER, type Start, type Way } from './supportTty';
import { commOf, descendantsOf, statusOf } from './support';
import { asUser, PublicCopy } from './supportUsers';

const RIGHTS = ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'];
/** 10 MB; the kernel's kB are 1024 bytes. */
const MOST_PRIVATE_KB = 10_000_000 / 1024;

describe('enter on a terminal: the helper that waits', () => {
  const stage = new Stage();
  before(() => stage.open());
  after(() => stage.close());

  for (const start of STARTS) {
    for (const way of WITH_HELPER) {
      it(`${start}, in ${way}: has no rights, and less than 10 MB that only its end gives back`, async () => {
        await stage.inTerminal(start, stage.helper(start, way, ['sleep', '1000']), async (terminal) => {
          const sleep = await processBelow(terminal.pid, 'sleep');
          const waiting = Number(statusOf(sleep).get('PPid'));
          // Its next step after starting the command; the command may be seen before that.
          // Other threads than the main one lose them with uid 0, which takes a second id in their user namespace.
          const threads = way.includes('user') ? [waiting] : threadsOf(waiting);
          await waitFor('it to give up its rights', () =>
            threads.every((thread) => RIGHTS.every((set) => /^0+$/.test(statusOf(thread).get(set) ?? ''))),
          );
          for (const ids of ['Uid', 'Gid']) assert.equal(statusOf(waiting).get(ids), statusOf(sleep).get(ids), ids);
          // By sudo beside it, when both are continued, its group is sent SIGTTOU; the command has its own say in that.
          assert.deepEqual([waiting, sleep].map(ignoresTerminalStops), [true, false]);
          // It gives back what entering took, a moment after the command has started.
          await waitFor('it to be small', () => privateKilobytes(waiting) < MOST_PRIVATE_KB);
          console.log(`        ${privateKilobytes(waiting)} kB that only its end gives back`);
        });
      });
    }
  }

  for (const way of WITH_HELPER.filter((name) => name.startsWith('new '))) {
    it(`killed by SIGKILL, in ${way}: the command dies with it`, () =>
      stage.inShell('by root', stage.helper('by root', way, ['sleep', '1000']), async (terminal) => {
        terminal.type('"$@"\r');
        const sleep = await processBelow(terminal.pid, 'sleep');
        signal(Number(statusOf(sleep).get('PPid')), 'SIGKILL');
        await terminal.expect(/outer> /);
        assert.equal(await lastCode(terminal), 137);
        await allGone([sleep]);
      }));
  }

  it('killed by SIGKILL: the command goes on below init, as under nsenter, and its terminal is the shell’s again', () =>
    stage.inShell('by root', stage.helper('by root', 'net,pid', ['sleep', '1000']), async (terminal) => {
      terminal.type('"$@"\r');
      const sleep = await processBelow(terminal.pid, 'sleep');
      signal(Number(statusOf(sleep).get('PPid')), 'SIGKILL');
      await terminal.expect(/outer> /);
      assert.equal(await lastCode(terminal), 137);
      assert.equal(commOf(sleep), 'sleep');
      signal(sleep, 'SIGKILL');
      await allGone([sleep]);
    }));
});

/** Of a process that makes no more: Node has all that it needs before it runs anything. */
const threadsOf = (pid: number): number[] => readdirSync(`/proc/${pid}/task`).map(Number);

/** SIGTTOU, which is 22, in the mask of those that it ignores. */
const ignoresTerminalStops = (pid: number): boolean =>
  ((BigInt(`0x${statusOf(pid).get('SigIgn') ?? ''}`) >> 21n) & 1n) === 1n;

describe('enter on a terminal: input pushed by TIOCSTI', () => {
  // What a program in there could do to its own controlling terminal: type for the person, who finds it at their prompt.
  const push = (answers: string): string[] => [
    'perl',
    '-e',
    `ioctl(STDIN, 0x5412, $_) or die "${answers}: $!\\n" for split //, "echo pushed-\\$((40+2))\\n"`,
  ];
  const stage = new Stage();
  before(() => stage.open());
  after(() => stage.close());

  /** Runs a command line in the person's shell, and what this then finds to do; resolves with all that was shown. */
  const shownAfter = async (start: Start, argv: readonly string[]): Promise<string> => {
    let shown = '';
    await stage.inShell(start, argv, async (terminal) => {
      terminal.type('"$@"\r');
      await terminal.expect(/outer> /);
      // Only once the shell has answered this, all that was pushed before has been read.
      terminal.type('echo over-$((1 + 1))\r');
      await terminal.expect(/over-2/);
      shown = terminal.output;
      assert.deepEqual(descendantsOf(terminal.pid), []);
    });
    return shown;
  };

  const WAYS_AS: [Way, string][] = [
    ['net', 'me'],
    ['net', 'root'],
    ['net,pid', 'me'],
    ['cgroup,ipc,mnt,net,pid,time,uts', 'target'],
    ['user,pid,mnt', 'target'],
    // By sudo somebody whom that user namespace does not know.
    ['user,pid,mnt', 'me'],
  ];
  for (const start of STARTS) {
    for (const [way, as] of start === 'by sudo with use_pty' ? WAYS_AS.slice(0, 2) : WAYS_AS) {
      it(`${start}, in ${way} as ${as}: refused, and nothing reaches the shell around it`, async () => {
        const shown = await shownAfter(start, stage.helper(start, way, push('in there'), as));
        assert.match(shown, /in there: Operation not permitted/);
        assert.doesNotMatch(shown, /pushed-42/);
      });
    }
  }

  // As in Toolbox and Distrobox, whose processes see one's own: one is oneself there, or root.
  for (const [who, map] of [
    ['root', '--map-root-user'],
    ['oneself', '--map-current-user'],
  ] as const) {
    it(`without sudo, as ${who} in a sandbox of one’s own: the same, and programs still may gain rights, such as sudo`, async () => {
      const user = await makeUser('none');
      const copy = new PublicCopy();
      const sleeps = ['unshare', '--user', map, '--mount', '--', 'bash', '-c', 'exec -a sandbox sleep 1000000'];
      const own = await startSandbox({ types: [], user, command: sleeps });
      try {
        await waitFor('its namespaces', () => commOf(own.pid) === 'sleep');
        const into = ['enter', '--target', String(own.pid), '--join', 'user,mnt', '--'];
        const enter = (...command: string[]): string[] =>
          asUser(user, [copy.node, '--', copy.helper, ...into, ...command]);
        const shown = await shownAfter('by root', enter(...push('in there')));
        assert.match(shown, /in there: Operation not permitted/);
        assert.doesNotMatch(shown, /pushed-42/);
        assert.match(
          await shownAfter('by root', enter('grep', 'NoNewPrivs', '/proc/self/status')),
          /^NoNewPrivs:\t0\r$/m,
        );
      } finally {
        await own.stop();
        copy.remove();
        await user.remove();
      }
    });
  }

  it('without ns-helper it would reach it, as root', async () => {
    assert.match(await shownAfter('by root', push('out here')), /pushed-42/);
  });
});

/**
 * What only the end of the process gives back. Left out are clean pages of files, Node's own most of all: they are the page cache's,
 * which all who run that Node share, and the kernel drops them when it needs room.
 */
function privateKilobytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+) kB/m.exec(text)?.[1]);
}
