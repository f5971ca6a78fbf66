// How long a turn of a real extension host takes in which VS Code asks for hundreds of rows at once, and in which looking begins.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../figures.mjs';
import { makeExtension, runInHost, told } from './extensionHost.mjs';
import { inMs, markdown } from './tables.mjs';

/** Of each number of sandboxes. */
const HOSTS = 2;

const KINDS = [
  { name: 'looking begins', is: ({ scans }) => scans },
  { name: 'rows shown first', is: ({ rows, isFirst }) => rows > 0 && isFirst },
  { name: 'rows shown again, after a change', is: ({ rows, isFirst }) => rows > 0 && !isFirst },
];

/**
 * `writeHelper(folder, sandboxes)` writes a helper that prints made-up documents. Resolves with the turns of each number.
 *
 * @typedef {{ wallMs: number, cpuMs: number, collectedMs: number, askedMs: number, rows: number, scans: boolean, isFirst: boolean }} Turn
 * @returns {{ sandboxes: number, turns: Turn[] }[]}
 */
export function measureRows(scratch, numbers, writeHelper) {
  const workspace = join(scratch, 'empty');
  mkdirSync(workspace);
  return numbers.map((sandboxes) => {
    const extension = makeExtension(scratch, 'rows.cjs');
    writeHelper(join(extension, 'dist'), sandboxes);
    const results = join(scratch, `rows-${sandboxes}`);
    for (let host = 0; host < HOSTS; host++) runInHost({ extension, workspace, suite: 'rowsSuite.cjs', results });
    const turns = told(results).flatMap((ofHost) => {
      const first = ofHost.find(({ rows }) => rows > 0);
      return ofHost.map((turn) => ({ ...turn, isFirst: turn === first }));
    });
    return { sandboxes, turns };
  });
}

export function tableOfRows(measured) {
  const rows = measured.flatMap(({ sandboxes, turns }) =>
    KINDS.map(({ name, is }) => {
      const those = turns.filter(is);
      const all = (pick) => those.map(pick);
      return {
        name: `${sandboxes} sandboxes: ${name} (${those.length} turns)`,
        values: [
          median(all(({ cpuMs }) => cpuMs)),
          Math.max(...all(({ cpuMs }) => cpuMs)),
          median(all(({ wallMs }) => wallMs)),
          Math.max(...all(({ wallMs }) => wallMs)),
          median(all(({ askedMs }) => askedMs)),
          Math.max(...all(({ collectedMs }) => collectedMs)),
        ],
      };
    }),
  );
  return {
    headings: [
      'CPU',
      'most CPU',
      'wall',
      'longest wall',
      'of which our making of rows',
      'longest collecting of garbage',
    ],
    rows,
  };
}

export function describeRows(measured, goalMs) {
  const [{ sandboxes, turns }] = measured;
  return `${markdown(`${HOSTS} real extension hosts`, tableOfRows(measured))}

All rows below one are asked for in one turn, in which VS Code also makes its own of them, writes them as JSON and compresses them for the window. Goal with ${sandboxes}: at most ${goalMs} ms: of ${turns.length} turns ${describeLong(turns, goalMs)}.`;
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
