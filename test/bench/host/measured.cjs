// In the extension's place: loads it and activates it, and says what that took, beside a module that does nothing and beside one
// that has as much of the processor for nothing: what that one waits for is not ours.
const { appendFileSync } = require('node:fs');
const { join } = require('node:path');

const { NAMESPACES_BENCH_CPU: cpuClock, NAMESPACES_BENCH_RESULTS: results, NAMESPACES_BENCH_WHEN: when } = process.env;
const { cpuMs, waitedMs } = require(cpuClock);

// Reading how long it has waited is outside of what is measured by the others.
const begin = () => {
  const waited = waitedMs();
  return { waited, wall: performance.now(), cpu: cpuMs() };
};
const since = ({ wall, cpu, waited }) => {
  const figures = { wallMs: performance.now() - wall, cpuMs: cpuMs() - cpu };
  return { ...figures, waitedMs: waitedMs() - waited };
};

function measure(path, context) {
  const loading = begin();
  const extension = require(path);
  const load = since(loading);
  const activating = begin();
  const api = extension.activate(context);
  return { extension, api, figures: { load, activate: since(activating) } };
}

function compute(milliseconds) {
  const computing = begin();
  for (const end = cpuMs() + milliseconds; cpuMs() < end;);
  return since(computing);
}

/** About what ours takes. */
const COMPUTING_MS = 15;

let ours;
exports.activate = (context) => {
  const { figures: floor } = measure(join(__dirname, 'empty.cjs'), context);
  const computing = compute(COMPUTING_MS);
  ours = measure(join(__dirname, 'dist/extension.js'), context);
  appendFileSync(results, `${JSON.stringify({ when, ours: ours.figures, floor, computing })}\n`);
  return ours.api;
};
exports.deactivate = () => ours?.extension.deactivate();
