// What the extension host runs in a suite's place, with garbage.cjs in the extension's.
const { extensions } = require('vscode');
const { calm } = require('./calm.cjs');

exports.run = async () => {
  await calm();
  const { measure } = await extensions.getExtension('linux-namespaces.linux-namespaces').activate();
  await measure();
};
