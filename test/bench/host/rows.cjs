// In the extension's place: loads and activates it, and measures what rowsSuite.cjs does with it.
const { join } = require('node:path');
const { measureSteps, watchSlices } = require('./steps.cjs');

let extension;
exports.activate = async (context) => {
  watchSlices();
  extension = require(join(__dirname, 'dist/extension.js'));
  const parts = await extension.activate(context).parts.view();
  return { ...parts, ...measureSteps([parts.provider, parts.namespacesProvider]), folder: __dirname };
};
exports.deactivate = () => extension?.deactivate();
