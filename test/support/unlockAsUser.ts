// What the extension does to unlock, as a program of its own, so that a test can run it as a throw-away user with a real sudo.
// Its input is an UnlockJob as a line of JSON, then lines of `start`, `stop` and `lock`; it tells what happens as lines of JSON
// (UnlockEvent).
import { createInterface } from 'node:readline';
import { LiveScan } from '../../extension/discover/liveScan';
import { runScan } from '../../extension/discover/scanner';
import { unlock } from '../../extension/discover/unlock';
import { helperCommand } from '../../extension/shared/helperCommand';
import { runtimeOf } from './runtime';

export interface UnlockJob {
  readonly helperPath: string;
  readonly askpassPath: string;
  readonly base: string;
  readonly sudo: string;
  /** What the person says, one after the other; null: that they will not. After the last they say nothing. */
  readonly answers: readonly (string | null)[];
  /** Of containers that are of interest. */
  readonly name: string;
}

export type UnlockEvent =
  | { event: 'asked'; prompt: string; again: boolean }
  | { event: 'result'; unlocked: boolean; error: string | null }
  /** Of each container of interest, how many types are locked. */
  | { event: 'shown'; locked: number[] }
  | { event: 'ended' };

const NO_ANSWER = new Promise<undefined>(() => undefined);

async function main(job: UnlockJob): Promise<void> {
  const { execPath, env } = process;
  const { helperPath, askpassPath, base, sudo } = job;
  const runtime = runtimeOf(helperPath, { sudo });
  const scan = new LiveScan(
    () => ({ ...helperCommand(runtime, ['scan', '--watch']), env }),
    () => runScan({ runtime, env }),
    () => {
      const found = scan.latest?.containers.filter(({ name }) => name === job.name) ?? [];
      tell({ event: 'shown', locked: found.map(({ locked }) => locked.length) });
    },
  );
  input.on('line', (line) => {
    if (line === 'start') scan.start();
    if (line === 'stop') scan.stop();
    if (line === 'lock') scan.lock();
  });
  scan.start();
  const answers = [...job.answers];
  try {
    const unlocked = await unlock(
      scan,
      { base, pid: process.pid, execPath, askpassPath, runtime, env },
      (prompt, again) => {
        tell({ event: 'asked', prompt, again });
        const answer = answers.shift();
        return answer === undefined ? NO_ANSWER : Promise.resolve(answer ?? undefined);
      },
      () => {
        tell({ event: 'ended' });
      },
    );
    tell({ event: 'result', unlocked, error: null });
  } catch (error) {
    tell({ event: 'result', unlocked: false, error: error instanceof Error ? error.message : String(error) });
  }
}

function tell(event: UnlockEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  void main(JSON.parse(line) as UnlockJob);
});
