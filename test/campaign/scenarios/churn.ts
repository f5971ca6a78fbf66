// The machine's own unrest: containers and sandboxes that come and go all the time, and an engine that is restarted.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../support/sandbox';
import { type Lane, openStepByStep, type Scenario } from '../scenario';
import type { Stage } from '../stage';

/** At most this many at once. */
const MOST = 6;

export const churnLane: Lane = {
  name: 'churn',
  open: (stage) =>
    openStepByStep((undo) => {
      const running: string[] = [];
      undo(() => stage.turn(() => remove(stage, running.splice(0))));
      return Promise.resolve({
        scenarios: [containers(stage, running), sandboxes(stage)],
        capture: () => Promise.resolve(),
      });
    }),
};

export const engineLane: Lane = {
  name: 'engine',
  open(stage) {
    return Promise.resolve({
      scenarios: [restart(stage, 'SIGTERM'), restart(stage, 'SIGKILL')],
      capture: () => Promise.resolve(),
      close: () => Promise.resolve([]),
    });
  },
};

/** `running`: their names, the oldest first. */
function containers(stage: Stage, running: string[]): Scenario {
  let made = 0;
  return {
    name: 'containers come, are paused, renamed, and go',
    holds: 'the engine does as it is told',
    async run() {
      for (let step = 0; step < 20; step++) {
        await stage.turn(async () => {
          made++;
          // Of a lane that had to begin anew, there may be some left.
          const name = `churn-${stage.tag}-${randomBytes(4).toString('hex')}`;
          stage.marks.add(await stage.docker.run(name, { args: ['--network', 'none'] }));
          running.push(name);
          if (made % 3 === 0) await stage.docker.cli('pause', name);
          if (made % 3 === 1)
            await stage.docker
              .cli('rename', name, `${name}-renamed`)
              .then(() => running.splice(-1, 1, `${name}-renamed`));
          await remove(stage, running.splice(0, Math.max(0, running.length - MOST)));
        });
        await sleep(500);
      }
      return `${made} made so far`;
    },
  };
}

async function remove({ docker }: Stage, names: readonly string[]): Promise<void> {
  if (names.length > 0) await docker.cli('rm', '--force', ...names);
}

function sandboxes(stage: Stage): Scenario {
  return {
    name: 'sandboxes come and go',
    holds: 'the kernel does as it is told',
    async run() {
      const types = [['net'], ['net', 'mnt', 'pid'], ['user', 'net'], ['uts', 'ipc', 'cgroup']] as const;
      const started = [];
      try {
        for (const each of types) started.push(await startSandbox({ name: `churn-${stage.tag}-sandbox`, types: each }));
        await sleep(1_000);
      } finally {
        for (const sandbox of started) await sandbox.stop();
      }
      return undefined;
    },
  };
}

function restart(stage: Stage, how: 'SIGTERM' | 'SIGKILL'): Scenario {
  return {
    name: `the engine is restarted after ${how}`,
    holds: 'it answers again',
    async run() {
      await sleep(30_000);
      await stage.turn(() => stage.docker.restart(how));
      return undefined;
    },
  };
}
