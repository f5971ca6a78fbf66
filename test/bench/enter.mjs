// How long it takes from start to the exec of `true` inside: ns-helper side by side with what people use today, each on a
// real container or namespace that this script makes, all in one run of hyperfine. Prints a Markdown table and keeps it in
// RESULTS-enter.md. Needs root; figures compare within one run only. Usage: node test/bench/enter.mjs [RUNS]
import { tmpdir } from 'node:os';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ensureTools } from '../../scripts/lib/apt.mjs';
import { ROOT, TOOL_NODE } from '../../scripts/lib/paths.mjs';
import { processesNaming } from '../../scripts/lib/processes.mjs';
import { isRoot, output, run } from '../../scripts/lib/run.mjs';
import { ENGINES } from '../../scripts/lib/suites.mjs';
import { median } from './figures.mjs';
import { HELPER, helperCommand, keepCode } from './helper.mjs';
import { HYPERFINE, timeInTurn } from './inTurn.mjs';
import { loadTypeScript } from './load.mjs';
import { machine } from './machine.mjs';
import { save } from './save.mjs';

const RESULTS = join(ROOT, 'test/bench/RESULTS-enter.md');
const NETNS = `lns-bench-${process.pid}`;
const BARE_NODE = 'bare `node -e 0`';
const DOCKER_EXEC = 'docker exec';
/**
 * All cases are measured in turn this often, a few runs each, and compared within each round: whatever else the machine does
 * in that second meets all of them.
 */
const ROUNDS = 20;
const DEFAULT_RUNS = 80;
/** The goals: CPU above a bare Node, and wall time below `docker exec`. */
const MOST_CPU_MS = 15;

/** Whose versions are told. */
export const PEERS = ['nsenter', 'docker', 'podman', 'lxc-start', 'hyperfine'];

const TOOLS = [
  HYPERFINE,
  ...ENGINES,
  { program: 'podman', package: 'podman' },
  { program: 'lxc-start', package: 'lxc' },
];

let scratch = '';
const cleanups = [];
const skipped = [];

const { startDocker, startSandbox, busyboxImage, BUSYBOX_IMAGE } = loadTypeScript(
  'support',
  `export { startDocker } from './test/support/docker';
   export { busyboxImage, BUSYBOX_IMAGE } from './test/support/images';
   export { startSandbox } from './test/support/sandbox';`,
);

const enter = (...args) => helperCommand(['enter', ...args, '--', 'true']);
/** With a copy for which V8 has to compile: nothing that it made before is beside it. */
function firstEnter(...args) {
  const folder = join(scratch, 'first');
  cpSync(dirname(HELPER), folder, { recursive: true, filter: (path) => !path.endsWith('.code') });
  return helperCommand(['enter', ...args, '--', 'true'], { helperPath: join(folder, 'helper.js') });
}
const enterMnt = (...args) => helperCommand(['enter', ...args], { joinsMnt: true });
const target = (pid, types) => ['--target', String(pid), '--join', types];

/** Own commands and peers of the kernel alone. */
async function kernelCases() {
  await run('ip', ['netns', 'add', NETNS]);
  cleanups.push(() => run('ip', ['netns', 'delete', NETNS]));
  const types = ['user', 'mnt', 'net', 'uts', 'ipc'];
  const apart = await startSandbox({ types: [...types, 'pid'] });
  cleanups.push(() => apart.stop());
  const inSight = await startSandbox({ types });
  cleanups.push(() => inSight.stop());
  return [
    { name: BARE_NODE, argv: [TOOL_NODE, '-e', '0'] },
    { name: 'ns-helper, net', argv: enter('--file', `net=/run/netns/${NETNS}`) },
    { name: 'ns-helper, net, for the first time', argv: firstEnter('--file', `net=/run/netns/${NETNS}`) },
    { name: 'ns-helper, net, no view', argv: enter('--file', `net=/run/netns/${NETNS}`, ...NO_VIEW) },
    {
      name: 'ns-helper, user, mnt, net, uts, ipc and pid of a sandbox',
      argv: enterMnt(...target(apart.pid, [...types, 'pid'].join()), '--', 'true'),
    },
    {
      name: 'ns-helper, without pid, of one that sees the host’s processes',
      argv: enterMnt(...target(inSight.pid, types.join()), '--', 'true'),
    },
    {
      name: 'ns-helper, user and net of a sandbox, with one’s own files',
      argv: enter(...target(apart.pid, 'user,net')),
    },
    { name: 'ns-helper, new user, net and pid', argv: enter('--new', 'user,net,pid') },
    { name: 'nsenter, net', argv: ['nsenter', `--net=/run/netns/${NETNS}`, '--', 'true'] },
    { name: 'ip netns exec', argv: ['ip', 'netns', 'exec', NETNS, 'true'] },
    { name: 'unshare, user, net and pid', argv: ['unshare', ...UNSHARE_ALL, '--', 'true'] },
  ];
}

const NO_VIEW = ['--view', 'none'];
const UNSHARE_ALL = ['--user', '--map-root-user', '--net', '--pid', '--fork', '--mount-proc'];

async function dockerCases() {
  const docker = await startDocker();
  cleanups.push(() => docker.stop());
  await docker.run('bench', { args: ['--network', 'none'] });
  const pid = await docker.pid('bench');
  const all = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];
  return [
    {
      name: 'ns-helper, all of a Docker container, `--as target`',
      argv: enterMnt(...target(pid, all.join(',')), '--as', 'target', '--', '/bin/true'),
    },
    {
      name: 'nsenter, all of a Docker container',
      argv: ['nsenter', `--target=${pid}`, ...NSENTER_ALL, '--', '/bin/true'],
    },
    { name: DOCKER_EXEC, argv: ['docker', `--host=unix://${docker.socket}`, 'exec', 'bench', '/bin/true'] },
  ];
}

const NSENTER_ALL = ['--cgroup', '--ipc', '--mount', '--net', '--pid', '--uts'];

/** Rootful, with storage, state and configuration of its own. */
async function podmanCases() {
  const folder = join(scratch, 'podman');
  mkdirSync(folder);
  const configuration = join(folder, 'containers.conf');
  writeFileSync(
    configuration,
    [
      '[containers]',
      // podman's own defaults are above what may be set without CAP_SYS_RESOURCE.
      'default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]',
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "file"',
      'lock_type = "file"',
      // crun refuses to work where cgroup v1 and v2 are both mounted.
      'runtime = "runc"',
    ].join('\n'),
  );
  const state = ['--root', `${folder}/lib`, '--runroot', `${folder}/run`, '--tmpdir', `${folder}/tmp`];
  const podman = ['env', `CONTAINERS_CONF=${configuration}`, 'podman', ...state];
  const call = (...args) => output(podman[0], [...podman.slice(1), ...args]);
  const image = join(folder, 'image.tar');
  writeFileSync(image, await busyboxImage());
  cleanups.push(async () => {
    await call('rm', '--all', '--force', '--time=0');
    // conmon starts one more podman behind the container, which would make the folder again.
    for (let waits = 0; waits < 100 && processesNaming(folder).length > 0; waits++) await sleep(50);
    await output('umount', ['--lazy', `${folder}/lib/overlay`]).catch(() => undefined);
  });
  await call('load', '--quiet', '--input', image);
  await call('run', '--detach', '--name', 'bench', '--network', 'none', BUSYBOX_IMAGE);
  return [{ name: 'podman exec', argv: [...podman, 'exec', 'bench', '/bin/true'] }];
}

async function lxcCases() {
  const folder = join(scratch, 'lxc');
  const root = join(folder, 'bench/rootfs');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'tmp']) mkdirSync(join(root, name), { recursive: true });
  for (const applet of ['sleep', 'true', 'sh']) copyFileSync('/bin/busybox', join(root, 'bin', applet));
  writeFileSync(
    join(folder, 'bench/config'),
    [
      `lxc.rootfs.path = dir:${root}`,
      'lxc.uts.name = bench',
      'lxc.net.0.type = empty',
      'lxc.init.cmd = /bin/sleep 1000000',
      'lxc.mount.auto = proc:mixed sys:ro',
      'lxc.apparmor.profile = unconfined',
    ].join('\n'),
  );
  const which = ['-P', folder, '-n', 'bench'];
  cleanups.push(() => output('lxc-stop', ['-k', ...which]).finally(() => removeLxcLocks(folder)));
  await output('lxc-start', [...which, '-d', '-o', join(folder, 'log')]);
  return [{ name: 'lxc-attach', argv: ['lxc-attach', ...which, '--', '/bin/true'] }];
}

/** lxc keeps a lock below the path of each folder with containers, for good. */
function removeLxcLocks(folder) {
  const locks = '/run/lxc/lock';
  rmSync(join(locks, folder), { recursive: true, force: true });
  for (let path = dirname(join(locks, folder)); path.startsWith(locks); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      return; // Others' locks are in it.
    }
  }
}

/** An engine that this machine cannot run is left out, and said to be. */
async function orSkip(name, make) {
  try {
    return await make();
  } catch (error) {
    skipped.push(`${name}: ${error.message.trim().split('\n')[0]}`);
    return [];
  }
}

/** Resolves with each case's figures in milliseconds, in the order of the cases. */
async function measure(cases, runs) {
  const rounds = [];
  const argvs = cases.map(({ argv }) => argv);
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push(await timeInTurn(argvs, { runs: Math.ceil(runs / ROUNDS), warmup: 1 }));
  }
  const bare = cases.findIndex(({ name }) => name === BARE_NODE);
  return cases.map((_, index) => {
    const times = rounds.flatMap((round) => round[index].wall);
    return {
      median: median(times),
      fastest: Math.min(...times),
      cpu: median(rounds.map((round) => round[index].cpu)),
      overNode: median(rounds.map((round) => round[index].cpu - round[bare].cpu)),
    };
  });
}

function table(cases, figures) {
  const { node, docker } = bases(cases, figures);
  const ratio = (figure, base) => (base ? (figure.median / base.median).toFixed(2) : '–');
  const rows = figures.map((figure, index) => {
    const numbers = [figure.median, figure.fastest, figure.cpu, figure.overNode].map((ms) => ms.toFixed(1));
    return `| ${[cases[index].name, ...numbers, ratio(figure, node), ratio(figure, docker)].join(' | ')} |`;
  });
  return [
    '| | median ms | fastest ms | CPU ms | CPU over bare node | median to bare node | median to docker exec |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

function bases(cases, figures) {
  const find = (name) => figures[cases.findIndex((each) => each.name === name)];
  return { node: find(BARE_NODE), docker: find(DOCKER_EXEC) };
}

/** The two goals, as sentences. */
function verdicts(cases, figures) {
  const { docker } = bases(cases, figures);
  return cases.flatMap(({ name }, index) => {
    if (!name.startsWith('ns-helper')) return [];
    const over = figures[index].overNode;
    const word = over <= MOST_CPU_MS ? 'at most' : 'MORE THAN';
    const faster = docker ? `; takes ${(figures[index].median / docker.median).toFixed(2)} of docker exec’s time` : '';
    return [`- ${name}: ${over.toFixed(1)} ms of CPU over a bare Node (${word} ${MOST_CPU_MS})${faster}`];
  });
}

/** Makes the containers, measures all cases and takes everything away again. */
async function measureEntering(runs) {
  if (!isRoot) throw new Error('needs root: it enters containers without sudo in between');
  if (!existsSync(HELPER)) throw new Error(`${HELPER} is not there: run npm run build`);
  await ensureTools(TOOLS);
  await ensureTools([{ program: 'docker', package: 'docker-cli' }]);
  scratch = mkdtempSync(join(tmpdir(), 'lns-bench-'));
  try {
    await keepCode();
    const cases = [
      ...(await kernelCases()),
      ...(await orSkip('docker', dockerCases)),
      ...(await orSkip('podman', podmanCases)),
      ...(await orSkip('lxc', lxcCases)),
    ];
    return { cases, figures: await measure(cases, runs), skipped: skipped.splice(0) };
  } finally {
    await cleanUp();
  }
}

/** Keeps the page, and resolves with it and with the figures as rows: see bench.mjs. */
export async function benchEntering(runs = DEFAULT_RUNS) {
  const { cases, figures, skipped: leftOut } = await measureEntering(runs);
  const hierarchies = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n').length;
  const text = [
    '# Entering: wall time and CPU from start to the end of `true`',
    `Written by \`npm run bench:enter\`: ${runs} runs each in ${ROUNDS} rounds, with one before each round to warm up. CPU is user and system time of the process and its children on this side, as the median of the rounds’ means, and over a bare Node as the median of the differences within each round; what an engine’s daemon works for \`docker exec\` is not in it. The helper starts as it does from the second terminal on, with the code that V8 made of it for the first one (helper/compiled.ts). Where \`mnt\` is joined, the helper is started as the extension does it, in a mount namespace of its own, and makes the mount of Node’s file read-only, so that a container cannot write to it (helper/enter/readOnly.ts); that is in the figures. \`--as target\` also moves the process into ${hierarchies} cgroup hierarchies here, as \`docker exec\` does and nsenter does not.`,
    await machine(...PEERS),
    table(cases, figures),
    verdicts(cases, figures).join('\n'),
    ...leftOut.map((reason) => `Left out: ${reason}`),
  ].join('\n\n');
  await save(RESULTS, text);
  return { text, rows: rowsOf(cases, figures), notes: leftOut.map((reason) => `Left out: ${reason}`) };
}

function rowsOf(cases, figures) {
  const { node, docker } = bases(cases, figures);
  return figures.flatMap(({ median: wall, cpu, overNode }, at) => {
    const { name } = cases[at];
    return [
      { name, value: wall, ...(docker ? { ratio: { to: DOCKER_EXEC, value: wall / docker.median } } : {}) },
      { name: `${name}: CPU`, value: cpu, ratio: { to: BARE_NODE, value: cpu / node.cpu } },
      ...(name.startsWith('ns-helper') ? [{ name: `${name}: CPU over a bare Node`, value: overNode }] : []),
    ];
  });
}

async function main() {
  const runs = Number(process.argv[2] ?? DEFAULT_RUNS);
  if (!Number.isInteger(runs) || runs < 2) throw new Error(`${process.argv[2]}: not a number of runs, 2 or more`);
  console.log((await benchEntering(runs)).text);
}

/** The last made is the first removed; one that fails does not keep the others. */
async function cleanUp() {
  for (const undo of cleanups.splice(0).reverse()) {
    await Promise.resolve()
      .then(undo)
      .catch((error) => console.error(`cleaning up: ${error.message}`));
  }
  rmSync(scratch, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
