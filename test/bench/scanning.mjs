// What a scan costs beside lsns, with nothing to find and on machines of three sizes: CPU of whole processes, in turn, in one run. bench:scan looks
// closer, at one size, and measures the same programs in the same way. Needs root. Run by itself, it prints its rows.
import { fileURLToPath } from 'node:url';
import { makeSandboxes, measureCases, runApart } from './scanCases.mjs';

/** None: what a scan costs before it has found anything. */
const SIZES = [0, 50, 500, 2_000];
const RUNS = 6;
/** What the rows call them. */
const NAMES = {
  node: 'bare `node -e 0`',
  scan: '`scan --json`',
  'lsns, all that scan tells': '`lsns`, all that scan tells',
};

/** Rows of figures: a name, a value in milliseconds of CPU, and scan's part of lsns's less bare Node. */
export function measureScanning() {
  const { status, stdout } = runApart([fileURLToPath(import.meta.url)], 'pipe');
  if (status !== 0) throw new Error(`measuring scans ended with ${status}`);
  return JSON.parse(stdout);
}

async function measure() {
  const rows = [];
  for (const size of SIZES) {
    await makeSandboxes(size);
    const { times, ratios } = measureCases(RUNS, Object.keys(NAMES));
    for (const [name, value] of times) {
      const row = { name: `${NAMES[name]}, ${size} sandboxes`, value };
      rows.push(name === 'scan' ? { ...row, ratio: { to: 'lsns, less bare Node', value: ratios[0][1] } } : row);
    }
  }
  return rows;
}

if (process.pid === 1) {
  console.log(JSON.stringify(await measure()));
  // The first process of the namespace takes all that it made along.
  process.exit();
}
