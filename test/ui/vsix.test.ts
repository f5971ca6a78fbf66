// What is in the package that people install: exactly what is listed here.
import assert from 'node:assert/strict';
import { zipNames } from '../support/zip';

describe('the package', () => {
  it('holds what is needed and nothing else', () => {
    const vsix = process.env['NAMESPACES_TEST_VSIX'];
    assert.ok(vsix !== undefined, 'NAMESPACES_TEST_VSIX is not set: run these tests by npm test');
    assert.deepEqual(zipNames(vsix), [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/SECURITY.md',
      'extension/changelog.md',
      'extension/dist/askpass.js',
      'extension/dist/extension.js',
      'extension/dist/helper.js',
      'extension/dist/koffi.node',
      'extension/dist/launcher.js',
      'extension/l10n/bundle.l10n.zh-cn.json',
      'extension/media/icon.png',
      'extension/media/namespaces.svg',
      'extension/media/readme/terminal.png',
      'extension/media/walkthrough/enter.md',
      'extension/media/walkthrough/see.md',
      'extension/media/walkthrough/select.md',
      'extension/media/walkthrough/tasks.md',
      'extension/package.json',
      'extension/package.nls.json',
      'extension/package.nls.zh-cn.json',
      'extension/readme.md',
    ]);
  });
});
