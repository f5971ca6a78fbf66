// What the extension host runs in a suite's place: shows hundreds of rows in each of the views and changes them, and lets an
// engine with hundreds of containers come.
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { commands, extensions } = require('vscode');
const { calm } = require('./calm.cjs');

const SANDBOXES = Number(process.env.NAMESPACES_BENCH_WHEN);
/** Of the engine's: for each that runs, as many that do not. */
const STOPPED = 4;
/** The helper that prints made-up documents has ten in all. */
const CHANGES = 5;
/** More stand in parts: see manyRows.ts. */
const MOST_ROWS = 250;
/** VS Code waits for 200 ms before it asks for rows that have changed. */
const DONE_MS = 700;

exports.run = async () => {
  await calm();
  await commands.executeCommand('namespaces.containers.focus');
  const extension = extensions.getExtension('linux-namespaces.linux-namespaces');
  const { inventory, provider, namespacesProvider, folder, timesTold, endStep, keep } = await extension.activate();
  /** `many`: hundreds of rows are shown in it. */
  const step = async (name, many, act, isDone = () => true) => {
    const before = timesTold();
    await act();
    for (let tries = 0; !isDone() || (many && timesTold() === before); tries++) {
      assert.ok(tries < 300, `${name}: not done, or no hundreds of rows were shown`);
      await sleep(100);
    }
    await sleep(DONE_MS);
    endStep(name);
  };
  const has = (containers) => () => inventory.latest.containers.length >= containers;
  const nothing = async () => undefined;

  const inParts = SANDBOXES > MOST_ROWS;
  await step('rows shown first', !inParts, nothing, has(SANDBOXES));
  if (inParts) await step('a part of them opened', true, () => provider.reveal('engine/sandbox/part/0'));
  for (let changes = 0; changes < CHANGES; changes++) await step('a change', !inParts, () => inventory.refresh());
  await step('', false, () => commands.executeCommand('namespaces.namespaces.focus'));
  await step('a type of namespaces opened', !inParts, () => namespacesProvider.reveal('type/net'));
  if (inParts) await step('a part of them opened', true, () => namespacesProvider.reveal('type/net/part/0'));
  await commands.executeCommand('namespaces.containers.focus');
  const argv = [join(folder, 'engine.cjs'), join(tmpdir(), 'docker.sock'), SANDBOXES, STOPPED * SANDBOXES];
  const engine = spawn(process.execPath, argv.map(String));
  try {
    await step('', false, () => once(engine.stdout, 'data'));
    const all = (1 + STOPPED) * SANDBOXES;
    await step("an engine's first answers", !inParts, () => inventory.refresh(), has(all));
    await step('a part of its containers opened', true, () => provider.reveal('engine/docker/stopped/part/0'));
    await step('a change beside it', !inParts, () => inventory.refresh());
    keep();
  } finally {
    engine.kill('SIGKILL');
  }
};
