// What the extension host runs in a suite's place: asks the extension for something, when the editor itself has started, which
// must not have activated it.
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { commands, extensions, tasks, window, workspace } = require('vscode');
const { calm } = require('./calm.cjs');

const ASKS = {
  'view opened': () => commands.executeCommand('namespaces.containers.focus'),
  'tasks asked for': () => tasks.fetchTasks(),
  'a command': () => commands.executeCommand('namespaces.log.show'),
  'tasks.json opened': async () => {
    await open('settings.json');
    await calm();
    await open('tasks.json');
  },
  'tasks.json opened as the first file': () => open('tasks.json'),
};
/** All others: an editor that starts activates it by itself, for the file that it brings back. */
const asks = ASKS[process.env.NAMESPACES_BENCH_WHEN];

async function open(name) {
  const [file] = await workspace.findFiles(`.vscode/${name}`);
  await window.showTextDocument(file);
}

exports.run = async () => {
  const extension = extensions.getExtension('linux-namespaces.linux-namespaces');
  if (asks) {
    await calm();
    assert.equal(extension.isActive, false, 'the editor has activated the extension');
    await asks();
  }
  for (let tries = 0; !extension.isActive; tries++) {
    assert.ok(tries < 300, 'the extension was not activated');
    await sleep(100);
  }
  await extension.exports.written;
};
