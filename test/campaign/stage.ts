// The machine that all lanes share: a Docker engine that is restarted, containers that come and go, and what everything that
// belongs to this campaign is known by.
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type Docker, startDocker } from '../support/docker';
import { run } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { type Step, takeAway } from './scenario';

export interface Stage {
  /** In the name of everything that is made. */
  readonly tag: string;
  /** Who is in it may talk to the engine. */
  readonly group: string;
  readonly docker: Docker;
  readonly vsix: string;
  readonly artifacts: string;
  /** Paths, names and ids that only this campaign has; lanes add theirs. */
  readonly marks: Set<string>;
  /** One at a time: containers only change, and the engine only restarts, in a turn. */
  turn<T>(act: () => Promise<T>): Promise<T>;
  /** Resolves with what was left behind. */
  stop(): Promise<string[]>;
}

export async function makeStage(vsix: string, artifacts: string): Promise<Stage> {
  const undo: Step[] = [];
  try {
    return await setUp(vsix, artifacts, undo);
  } catch (error) {
    await takeAway(undo);
    throw error;
  }
}

async function setUp(vsix: string, artifacts: string, undo: Step[]): Promise<Stage> {
  const tag = randomBytes(4).toString('hex');
  const group = `lns-${tag}`;
  await changeUsers('groupadd', group);
  undo.push(() => changeUsers('groupdel', group));
  const docker = await startDocker({ group });
  undo.push(() => docker.stop());
  // Whatever else happens, there is always something to see.
  const sandbox = await startSandbox({ name: `always-${tag}`, types: ['net', 'uts'] });
  undo.push(() => sandbox.stop());
  let last: Promise<unknown> = Promise.resolve();
  return {
    tag,
    group,
    docker,
    vsix,
    artifacts,
    marks: new Set([tag, dirname(docker.socket)]),
    turn: (act) => {
      const mine = last.then(act);
      last = mine.catch(() => undefined);
      return mine;
    },
    stop: async () => {
      await last;
      return takeAway(undo);
    },
  };
}

/** One at a time: these programs give up where another one holds the lock on /etc/group. */
export async function changeUsers(command: string, ...args: string[]): Promise<void> {
  await run('flock', ['/etc/sudoers.d', command, ...args]);
}
