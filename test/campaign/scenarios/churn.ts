// The machine's own unrest: containers and sandboxes that come and go all the time, and an engine that is restarted.
import { setTimeout as sleep } from 'node:timers/promises';
import { startSandbox } from '../../support/sandbox';
import type { Lane, Scenario } from '../scenario';
import type { Stage } from '../stage';

/** At most this many at once. */
const MOST = 6;

export const churnLane: Lane = {
  name: 'churn',
  open(stage) {
    return Promise.resolve({
      scenarios: [containers(stage), sandboxes(stage)],
      capture: () => Promise.resolve(),
      close: () => Promise.resolve([]),
    });
  },
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

function containers(stage: Stage): Scenario {
  let made = 0;
  const running: string[] = [];
  return {
    name: 'containers come, are paused, renamed, and go',
    holds: 'the engine does as it is told',
    async run() {
      for (let step = 0; step < 20; step++) {
        await stage.turn(async () => {
          const name = `churn-${stage.tag}-${made++}`;
          stage.marks.add(await stage.docker.run(name, { args: ['--network', 'none'] }));
          running.push(name);
          if (made % 3 === 0) await stage.docker.cli('pause', name);
          if (made % 3 === 1)
            await stage.docker
              .cli('rename', name, `${name}-renamed`)
              .then(() => running.splice(-1, 1, `${name}-renamed`));
          const [oldest] = running;
          if (running.length > MOST && oldest !== undefined) {
            running.shift();
            await stage.docker.cli('rm', '--force', oldest);
          }
        });
        await sleep(500);
      }
      return `${made} made so far`;
    },
  };
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
