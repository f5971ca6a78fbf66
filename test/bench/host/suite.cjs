// What the extension host runs in a suite's place: only activates the extension.
const { extensions } = require('vscode');

exports.run = () => extensions.getExtension('linux-namespaces.linux-namespaces').activate();
