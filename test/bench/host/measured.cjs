// In the extension's place: loads it and activates it, and says what that took, beside a module that does nothing.
const { appendFileSync } = require('node:fs');
const { join } = require('node:path');

const { NAMESPACES_BENCH_CPU: cpuClock, NAMESPACES_BENCH_RESULTS: results } = process.env;
const { cpuMs } = require(cpuClock);

const since = (start) => ({ wallMs: performance.now() - start.wall, cpuMs: cpuMs() - start.cpu });
const begin = () => ({ wall: performance.now(), cpu: cpuMs() });

function measure(path, context) {
  const loading = begin();
  const extension = require(path);
  const load = since(loading);
  const activating = begin();
  const api = extension.activate(context);
  return { extension, api, figures: { load, activate: since(activating) } };
}

let ours;
exports.activate = (context) => {
  const { figures: floor } = measure(join(__dirname, 'empty.cjs'), context);
  ours = measure(join(__dirname, 'dist/extension.js'), context);
  appendFileSync(results, `${JSON.stringify({ ours: ours.figures, floor })}\n`);
  return ours.api;
};
exports.deactivate = () => ours?.extension.deactivate();
