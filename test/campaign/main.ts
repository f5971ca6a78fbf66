// The campaign: all lanes at once until the time is up, then what is left behind. Prints what happens, and keeps a report in
// results.json among the artifacts; of a whole run also a page, RESULTS.md.
// Usage: campaign.cjs [--minutes N] [--only LANE,…] [--scenario WORDS]
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { CODE_SERVER_VERSION } from '../../scripts/lib/codeServer.mjs';
import { run, waitFor } from '../support/run';
import { leftOnMachine } from './leftBehind';
import { describeReport, type Report } from './report';
import { type Lane, type Outcome, runLane } from './scenario';
import { churnLane, engineLane } from './scenarios/churn';
import { lesserLane } from './scenarios/lesser';
import { terminalsLane } from './scenarios/terminals';
import { unlockLane } from './scenarios/unlock';
import { makeStage } from './stage';

const LANES = [churnLane, engineLane, terminalsLane, unlockLane, lesserLane];
const WHOLE_MINUTES = 30;

interface Options {
  readonly minutes: number;
  readonly lanes: readonly Lane[];
  /** Only scenarios whose name has these words. */
  readonly words: string;
}

function parse(argv: readonly string[]): Options {
  let [minutes, lanes, words]: [number, readonly Lane[], string] = [WHOLE_MINUTES, LANES, ''];
  for (let at = 0; at < argv.length; at += 2) {
    const [name, value = ''] = [argv[at], argv[at + 1]];
    if (name === '--minutes' && Number(value) > 0) minutes = Number(value);
    else if (name === '--only') lanes = value.split(',').map(laneOf);
    else if (name === '--scenario') words = value;
    else
      throw new Error(
        `${argv.slice(at).join(' ')}: not understood. There are --minutes N, --only LANE,… and --scenario WORDS`,
      );
  }
  return { minutes, lanes, words };
}

function laneOf(name: string): Lane {
  const found = LANES.find((lane) => lane.name.startsWith(name));
  if (!found || name === '')
    throw new Error(`no such lane: ${name}. There are: ${LANES.map((lane) => lane.name).join(', ')}`);
  return found;
}

async function main({ minutes, lanes, words }: Options): Promise<boolean> {
  const artifacts = need('NAMESPACES_TEST_ARTIFACTS');
  rmSync(artifacts, { recursive: true, force: true });
  mkdirSync(artifacts, { recursive: true });
  let interrupted = false;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => (interrupted = true));
  const began = Date.now();
  const loads = [loadNow()];
  const looking = setInterval(() => loads.push(loadNow()), 10_000);
  const isOver = (): boolean => interrupted || Date.now() - began > minutes * 60_000;
  const stage = await makeStage(need('NAMESPACES_TEST_VSIX'), artifacts);
  let outcomes: Outcome[] = [];
  let unclosed: string[] = [];
  try {
    outcomes = (await Promise.all(lanes.map((lane) => runLane(lane, stage, words, isOver)))).flat();
  } finally {
    clearInterval(looking);
    unclosed = await stage.stop();
  }
  // What was told to end may need a moment.
  const isClean = (): boolean => leftOnMachine(stage.marks).length === 0;
  await waitFor('nothing to be left', isClean, 20_000).catch(() => undefined);
  const left = [...unclosed, ...leftOnMachine(stage.marks)];
  const report: Report = {
    date: new Date(began).toISOString().slice(0, 16).replace('T', ' '),
    minutes: Math.round((Date.now() - began) / 6_000) / 10,
    machine: await machine(),
    load: { least: Math.min(...loads), most: Math.max(...loads) },
    outcomes,
    left,
  };
  writeFileSync(join(artifacts, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  const isWhole = lanes === LANES && words === '' && minutes >= WHOLE_MINUTES && !interrupted;
  if (isWhole) writeFileSync(join(artifacts, 'RESULTS.md'), describeReport(report));
  return tell(outcomes, left);
}

const loadNow = (): number => Math.round(loadavg()[0] ?? 0);

async function machine(): Promise<string> {
  const processors = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}`;
  const docker = (await run('docker', ['--version'])).trim();
  return [
    processors,
    `Linux ${release()}`,
    `Node ${process.version}`,
    `code-server ${CODE_SERVER_VERSION}`,
    docker,
  ].join('; ');
}

function tell(outcomes: readonly Outcome[], left: readonly string[]): boolean {
  console.log('');
  for (const { lane, scenario, runs, failures, figures } of outcomes) {
    console.log(
      `${failures.length > 0 ? 'FAILED' : 'ok    '} ${lane}: ${scenario}: ${runs} times; ${figures.at(-1) ?? ''}`,
    );
    for (const failure of new Set(failures))
      console.log(`       ${failure.split('\n').slice(0, 12).join('\n       ')}`);
  }
  for (const what of left) console.log(`LEFT   ${what}`);
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  console.log(`\n${outcomes.length - failed} held, ${failed} failed, ${left.length} left behind`);
  return failed === 0 && left.length === 0;
}

function need(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run this by npm run campaign`);
  return value;
}

main(parse(process.argv.slice(2))).then(
  (held) => {
    process.exitCode = held ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
