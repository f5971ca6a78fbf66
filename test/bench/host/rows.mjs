// How long turns of a real extension host take while hundreds of rows are shown: when looking begins, when something changes,
// when a person opens what is above them, and while an engine answers first.
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../figures.mjs';
import { makeExtension, runInHost, told } from './extensionHost.mjs';
import { inMs, markdown } from './tables.mjs';

/** Of each number of sandboxes. */
const HOSTS = 3;
const MEASURED = ['steps.cjs', 'hostTurns.cjs', 'engine.cjs'];

/**
 * @typedef {{ wallMs: number, cpuMs: number, collectedMs: number, scans: boolean, others: boolean, asked: number, told: number }} Turn
 * @typedef {{ name: string, turns: Turn[] }} Step
 */

/**
 * `writeHelper(folder, sandboxes)` writes a helper that prints made-up documents. Returns the steps of rowsSuite.cjs, those of
 * all hosts.
 *
 * @returns {{ sandboxes: number, steps: Step[] }[]}
 */
export function measureRows(scratch, numbers, writeHelper) {
  const workspace = join(scratch, 'empty');
  mkdirSync(workspace);
  return numbers.map((sandboxes) => {
    const extension = makeExtension(scratch, 'rows.cjs', MEASURED);
    writeHelper(join(extension, 'dist'), sandboxes);
    return { sandboxes, steps: stepsIn(scratch, extension, workspace, sandboxes) };
  });
}

/** The same in hosts with an extension that looks at nothing: see plainRows.cjs. @returns {{ sandboxes: number, steps: Step[] }} */
export function measurePlainRows(scratch, sandboxes) {
  const workspace = join(scratch, 'empty for plain rows');
  mkdirSync(workspace);
  const extension = makeExtension(scratch, 'plainRows.cjs', MEASURED);
  return { sandboxes, steps: stepsIn(scratch, extension, workspace, sandboxes) };
}

function stepsIn(scratch, extension, workspace, sandboxes) {
  const results = join(mkdtempSync(join(scratch, 'rows-')), 'results');
  const when = String(sandboxes);
  for (let host = 0; host < HOSTS; host++) runInHost({ extension, workspace, suite: 'rowsSuite.cjs', results, when });
  return told(results).flatMap((ofHost) => ofHost.flatMap(stepsOf));
}

/** The start of what looks is a step of its own. A turn in which VS Code starts a program for itself is not ours. */
function stepsOf({ name, turns }) {
  const ours = turns.filter(({ others }) => !others);
  const begins = ours.filter(({ scans }) => scans);
  const rest = { name, turns: ours.filter(({ scans }) => !scans) };
  return [...(begins.length > 0 ? [{ name: 'looking begins', turns: begins }] : []), ...(name === '' ? [] : [rest])];
}

const longest = (turns, pick) => Math.max(0, ...turns.map(pick));
const cpuOf = ({ cpuMs }) => cpuMs;
const wallOf = ({ wallMs }) => wallMs;
const ownCpuOf = ({ cpuMs, collectedMs }) => Math.max(0, cpuMs - collectedMs);
const toldOf = ({ told, cpuMs }) => (told > 0 ? cpuMs : 0);

export function tableOfRows(measured) {
  const rows = measured.flatMap(({ sandboxes, steps }) =>
    [...new Set(steps.map(({ name }) => name))].map((name) => {
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
    }),
  );
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

export function describeRows(measured, garbage, goalMs) {
  const [{ sandboxes, steps }] = measured;
  const turns = steps.flatMap((step) => step.turns);
  const shown = turns.filter(({ told }) => told > 0);
  return `${markdown(`${HOSTS} real extension hosts`, tableOfRows(measured))}

Of each step the longest turn, with all that VS Code does in it, but for those in which it starts programs for itself. Hundreds of rows below one are asked for in one turn; in the next VS Code makes its own of them, writes them as JSON and sends them to the window. The engine has as many containers that run as there are sandboxes, which are theirs, and four times as many that do not. Goal with ${sandboxes}: at most ${goalMs} ms: of ${turns.length} turns of more than half a millisecond ${describeLong(turns, goalMs)}. The longest of ${shown.length} turns in which VS Code makes and sends hundreds of rows took ${inMs(longest(shown, cpuOf))} of the processor.

Beside it, in as many hosts, an extension that shows nothing, and makes objects that it keeps for a second, 5 MB at most: ${describeLong(garbage, goalMs)}. Most of that is what V8 takes to collect the garbage of a heap that is VS Code's, in whatever extension's turn; the rest is what VS Code does in such a turn itself.`;
}

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
