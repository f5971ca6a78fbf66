// How long turns of a real extension host take while hundreds of rows are shown: when looking begins, when something changes,
// when a person opens what is above them, and while an engine answers first.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../figures.mjs';
import { makeExtension, runInHost, told } from './extensionHost.mjs';
import { inMs, markdown } from './tables.mjs';

/** Of each kind: most for the first number of sandboxes, which is the one with a goal. */
const [HOSTS_OF_GOAL, HOSTS_OF_OTHERS] = [5, 2];
const MEASURED = ['steps.cjs', 'hostTurns.cjs', 'engine.cjs'];

/**
 * @typedef {{ wallMs: number, cpuMs: number, collectedMs: number, ours: boolean, scans: boolean, others: boolean, loads: boolean, asked: number, told: number }} Turn
 * @typedef {{ name: string, turns: Turn[] }} Step
 * @typedef {{ steps: Step[], collectedMs: number, collectedWithEngineMs: number }} Host
 */

/**
 * In hosts of their own, one after the other: the extension, and one that looks at nothing and shows as many rows (plainRows.cjs).
 * `writeHelper(folder, sandboxes)` writes a helper that prints made-up documents.
 *
 * @returns {{ sandboxes: number, ours: Host[], plain: Host[] }[]}
 */
export function measureRows(scratch, numbers, writeHelper) {
  const workspace = join(scratch, 'empty');
  mkdirSync(workspace);
  return numbers.map((sandboxes, at) => {
    const inHosts = (main) => {
      const extension = makeExtension(scratch, main, MEASURED);
      const results = join(extension, 'results');
      const run = () => runInHost({ extension, workspace, suite: 'rowsSuite.cjs', results, when: String(sandboxes) });
      return { extension, run, hosts: () => told(results).map(hostOf) };
    };
    const [ours, plain] = [inHosts('rows.cjs'), inHosts('plainRows.cjs')];
    writeHelper(join(ours.extension, 'dist'), sandboxes);
    for (let host = 0; host < (at === 0 ? HOSTS_OF_GOAL : HOSTS_OF_OTHERS); host++) {
      ours.run();
      plain.run();
    }
    return { sandboxes, ours: ours.hosts(), plain: plain.hosts() };
  });
}

/** Before them the machine is the one that the goal is for. */
const WITH_ENGINE = ["an engine's first answers", 'a part of its containers opened', 'a change beside it'];
const TASKS_LOADED = 'tasks asked for meanwhile: loading';

/** @returns {Host} */
function hostOf(steps) {
  const engine = steps.findIndex(({ name }) => WITH_ENGINE.includes(name));
  const collectedIn = (some) =>
    some.flatMap(({ turns }) => turns).reduce((sum, { collectedMs }) => sum + collectedMs, 0);
  return {
    steps: steps.flatMap(stepsOf),
    collectedMs: collectedIn(steps.slice(0, engine)),
    collectedWithEngineMs: collectedIn(steps.slice(engine)),
  };
}

/** What happens at a moment of its own is a step of its own. A turn in which VS Code starts a program for itself is not ours. */
function stepsOf({ name, turns }) {
  const ours = turns.filter(({ others }) => !others);
  const isRest = ({ scans, loads }) => !scans && !loads;
  const parts = [
    { name: 'looking begins', turns: ours.filter(({ scans }) => scans) },
    { name: TASKS_LOADED, turns: ours.filter(({ loads }) => loads) },
  ];
  return [
    ...parts.filter((part) => part.turns.length > 0),
    ...(name === '' ? [] : [{ name, turns: ours.filter(isRest) }]),
  ];
}

const longest = (turns, pick) => Math.max(0, ...turns.map(pick));
const cpuOf = ({ cpuMs }) => cpuMs;
const wallOf = ({ wallMs }) => wallMs;
const ownCpuOf = ({ cpuMs, collectedMs }) => Math.max(0, cpuMs - collectedMs);
const toldOf = ({ told, cpuMs }) => (told > 0 ? cpuMs : 0);

export function tableOfRows(measured) {
  const rows = measured.flatMap(({ sandboxes, ours }) => {
    const steps = ours.flatMap((host) => host.steps);
    return [...new Set(steps.map(({ name }) => name))].map((name) => {
      const those = steps.filter((step) => step.name === name).map(({ turns }) => turns);
      const all = (pick) => those.map((turns) => longest(turns, pick));
      return {
        name: `${sandboxes} sandboxes: ${name} (${those.length} times)`,
        values: [
          median(all(cpuOf)),
          Math.max(...all(cpuOf)),
          Math.max(...all(ownCpuOf)),
          median(all(wallOf)),
          Math.max(...all(wallOf)),
          Math.max(...all(toldOf)),
        ],
      };
    });
  });
  return {
    headings: [
      'longest turn: CPU, median',
      'most CPU',
      "most CPU, less V8's collecting of garbage",
      'wall, median',
      'longest wall',
      'most CPU of VS Code, of which it makes and sends hundreds of rows',
    ],
    rows,
  };
}

export function describeRows(measured, goalMs) {
  const [{ sandboxes, ours, plain }] = measured;
  const shown = turnsOf(ours).filter(({ told }) => told > 0);
  const looking = turnsOf(ours, isOfMachine);
  const collected = (hosts) => {
    const [alone, withEngine] = [
      ({ collectedMs }) => collectedMs,
      ({ collectedWithEngineMs }) => collectedWithEngineMs,
    ];
    return `${inMs(median(hosts.map(alone)))}, and with the engine for ${inMs(median(hosts.map(withEngine)))} more`;
  };
  return `${markdown('real extension hosts', tableOfRows(measured))}

Of each step the longest turn, with all that VS Code does in it, but for those in which it starts programs for itself. Hundreds of rows below one are asked for in one turn; in the next VS Code makes its own of them, writes them as JSON and sends them to the window: the longest of ${shown.length} turns in which it does took ${inMs(longest(shown, cpuOf))} of the processor. The engine has as many containers that run as there are sandboxes, which are theirs, and four times as many that do not.

Goal with ${sandboxes}, in ${ours.length} hosts: at most ${goalMs} ms. ${describeTurns(looking, goalMs)} With the engine too: ${describeTurns(turnsOf(ours, isOfEngine), goalMs)}

In as many hosts, in turn with these, an extension that looks at nothing, shows as many rows and changes them as often. ${describeTurns(turnsOf(plain, isOfMachine), goalMs)} With as many rows as the engine has containers: ${describeTurns(turnsOf(plain, isOfEngine), goalMs)} Medians: in a host with ours V8 collected for ${collected(ours)}; in one of the others for ${collected(plain)}. Most of the heap is VS Code's, and so is most of what is made in it meanwhile.`;
}

/** @param {Turn[]} turns */
function describeTurns(turns, goalMs) {
  const does = ({ ours, scans }) => ours || scans;
  const [doing, others] = [turns.filter(does), turns.filter((turn) => !does(turn))];
  return `Of ${doing.length} turns of more than half a millisecond in which it did something ${describeLong(doing, goalMs)}; less what V8 took of them to collect garbage, the longest took ${inMs(longest(doing, ownCpuOf))}. Of ${others.length} in which it did nothing, and VS Code or V8 did, ${describeLong(others, goalMs)}.`;
}

const isOfEngine = ({ name }) => WITH_ENGINE.includes(name);
const isOfMachine = ({ name }) => !WITH_ENGINE.includes(name) && name !== TASKS_LOADED;

/** @param {Host[]} hosts @param {(step: Step) => boolean} which */
const turnsOf = (hosts, which = () => true) =>
  hosts.flatMap(({ steps }) => steps.filter(which)).flatMap(({ turns }) => turns);

/**
 * How many took longer, and why.
 *
 * @param {{ wallMs: number, cpuMs: number, collectedMs: number }[]} turns
 */
export function describeLong(turns, goalMs) {
  const long = turns.filter(({ wallMs }) => wallMs > goalMs);
  const collecting = long.filter(({ collectedMs }) => collectedMs > 0);
  const ours = long.filter(({ cpuMs }) => cpuMs > goalMs);
  const each = ours.map(({ cpuMs, collectedMs }) => `${inMs(cpuMs)}, with ${inMs(collectedMs)} of collecting garbage`);
  const why = `V8 collected garbage in ${collecting.length}, by threads that wait for a processor too; in the others something else had it`;
  return `${long.length} took more than ${goalMs} ms by the clock (${why}), ${ours.length} of the processor${each.length === 0 ? '' : ` (${each.join('; ')})`}`;
}
