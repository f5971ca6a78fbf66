// In the extension's place: loads it and activates it, and says what that took, beside a module that does nothing and beside one
// that has as much of the processor for nothing: what that one waits for is not ours. And what it takes to load the other
// bundles, once they are needed.
const { appendFileSync } = require('node:fs');
const Module = require('node:module');
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

/** As extension.js asks for them. */
const BUNDLES = ['./view.js', './tasks.js', './terminals.js', './commands.js', './tasksFile.js'];
/** Of what is asked for, the last one that is loaded for it. */
const LAST = { 'view opened': './view.js', 'tasks asked for': './tasks.js', 'a command': './commands.js' };

/** What each of the other bundles takes, up to the last, and the building of the parts in it, which has a turn of its own. */
function watchNeeds(last) {
  const load = Module._load;
  const needs = [];
  return new Promise((resolve) => {
    const told = (request, need) => {
      needs.push({ bundle: request.slice(2), ...need });
      if (request !== last) return;
      Module._load = load;
      resolve(needs);
    };
    Module._load = (request, ...others) => {
      if (!BUNDLES.includes(request)) return load(request, ...others);
      const loading = begin();
      const loaded = load(request, ...others);
      const loadOnly = { load: since(loading) };
      if (!loaded.makeParts) {
        told(request, loadOnly);
        return loaded;
      }
      const makeParts = (...args) => {
        const building = begin();
        const parts = loaded.makeParts(...args);
        told(request, { ...loadOnly, build: since(building) });
        return parts;
      };
      return { ...loaded, makeParts };
    };
  });
}

/** At least what ours takes. */
const COMPUTING_MS = 5;

let ours;
exports.activate = (context) => {
  const { figures: floor } = measure(join(__dirname, 'empty.cjs'), context);
  ours = measure(join(__dirname, 'dist/extension.js'), context);
  const written = watchNeeds(LAST[when] ?? './tasksFile.js').then((needs) => {
    appendFileSync(results, `${JSON.stringify({ when, ours: ours.figures, floor, computing, needs })}\n`);
  });
  // After ours: whoever has just had the processor is the first to lose it.
  const computing = compute(COMPUTING_MS);
  return { written };
};
exports.deactivate = () => ours?.extension.deactivate();
