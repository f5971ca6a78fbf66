// What the extension host runs in a suite's place: shows hundreds of rows in each of the views, and changes them in one.
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { commands, extensions } = require('vscode');
const { calm } = require('./calm.cjs');

/** The helper that prints made-up documents has ten changes. */
const CHANGES = 5;

exports.run = async () => {
  await calm();
  await commands.executeCommand('namespaces.containers.focus');
  const { inventory, openNetworks, timesAsked, keep } = await extensions
    .getExtension('linux-namespaces.linux-namespaces')
    .activate();
  const asked = async (times) => {
    for (let tries = 0; timesAsked() < times; tries++) {
      assert.ok(tries < 300, `rows were asked for ${timesAsked()} times, not ${times}`);
      await sleep(100);
    }
    // What VS Code does with them.
    await sleep(500);
  };
  await asked(1);
  for (let changes = 1; changes <= CHANGES; changes++) {
    await inventory.refresh();
    await asked(1 + changes);
  }
  await commands.executeCommand('namespaces.namespaces.focus');
  await openNetworks();
  await asked(CHANGES + 2);
  keep();
};
