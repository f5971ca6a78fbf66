// A real build, this project's own type check and a part of its lint, in a network namespace and outside: whether being inside
// costs anything. And the memory of a helper that waits for its command, as it does where `pid` is joined. Needs root.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { median, memoryRows } from './figures.mjs';
import { helperCommand } from './helper.mjs';
import { timeInTurn } from './inTurn.mjs';

const NETNS = `lns-bench-build-${process.pid}`;
const RUNS = 3;
/** One after the other; either alone may take less than the ten seconds that a difference needs to be seen. */
const BUILD = [
  ...['sh', '-ec', '"$1" "$2" -p . && "$1" "$3" -c scripts/eslint.config.mjs extension', 'sh', TOOL_NODE],
  ...['typescript/bin/tsc', 'eslint/bin/eslint.js'].map((program) => join(ROOT, 'node_modules', program)),
];

/** Resolves with rows of wall and CPU seconds, the inner ones with their ratio to the outer. */
export async function measureBuild() {
  await run('ip', ['netns', 'add', NETNS]);
  try {
    const inside = helperCommand(['enter', '--file', `net=/run/netns/${NETNS}`, '--', ...BUILD]);
    const rounds = [];
    for (let round = 0; round < RUNS; round++) rounds.push(await timeInTurn([BUILD, inside]));
    const [outer, inner] = [0, 1].map((at) => ({
      wall: median(rounds.map((round) => round[at].wall[0])) / 1000,
      cpu: median(rounds.map((round) => round[at].cpu)) / 1000,
    }));
    const rows = [
      { name: 'type check and lint of this project, outside: wall', value: outer.wall, unit: 's' },
      {
        name: 'in a netns: wall',
        value: inner.wall,
        unit: 's',
        ratio: { to: 'outside', value: inner.wall / outer.wall },
      },
      { name: 'outside: CPU', value: outer.cpu, unit: 's' },
      { name: 'in a netns: CPU', value: inner.cpu, unit: 's', ratio: { to: 'outside', value: inner.cpu / outer.cpu } },
    ];
    return { rows };
  } finally {
    await run('ip', ['netns', 'delete', NETNS]);
  }
}

export async function measureSupervisor() {
  const target = spawn(
    'unshare',
    ['--pid', '--mount', '--fork', '--kill-child', '--mount-proc', '--', 'sleep', '1000000'],
    {
      stdio: 'ignore',
    },
  );
  await once(target, 'spawn');
  try {
    const child = await childOf(target.pid);
    const argv = helperCommand(['enter', '--target', String(child), '--join', 'pid,mnt', '--', 'cat'], {
      joinsMnt: true,
    });
    const helper = spawn(argv[0], argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      helper.stdin.write('x');
      // cat answers: the helper only waits from here on.
      await once(helper.stdout, 'data');
      // It gives back what entering took, a moment after the command has started (SHRINK_AFTER_MS of enter/launch.ts).
      await sleep(2000);
      return { rows: memoryRows('a helper that waits for its command', /** @type {number} */ (helper.pid)) };
    } finally {
      helper.stdin.end();
      await once(helper, 'exit');
    }
  } finally {
    target.kill('SIGKILL');
    await once(target, 'exit');
  }
}

async function childOf(pid) {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    if (child !== undefined && readFileSync(`/proc/${child}/comm`, 'utf8') === 'sleep\n') return child;
    await sleep(20);
  }
}
