// What the built extension does when it is activated and nobody asks for anything: nothing but to register itself. In a real
// editor, others ask soon. VS Code's API is whatever is asked of it here.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

interface Loader {
  _load: (request: string, ...others: unknown[]) => unknown;
}
interface Extension {
  activate: (context: unknown) => object;
}

/** Each property, each call and each new object of it is one more of its kind; but no view is seen. */
const anything: unknown = new Proxy(Object, {
  get: (_, name: string | symbol): unknown =>
    name === 'visible' ? false : name === Symbol.toPrimitive ? () => '' : anything,
  set: () => true,
  apply: () => anything,
  construct: () => ({}),
});

describe('activation', () => {
  const require = createRequire(__filename);
  const loader = require('node:module') as Loader;
  const load = loader._load;
  before(() => {
    loader._load = (request, ...others) => (request === 'vscode' ? anything : load(request, ...others));
  });
  after(() => {
    loader._load = load;
  });

  it('starts nothing and reads nothing', async () => {
    const path = resolve('dist/extension.js');
    const begun: string[] = [];
    const hook = createHook({
      init(_, type) {
        if (!['PROMISE', 'TickObject'].includes(type) && new Error().stack?.includes(path)) begun.push(type);
      },
    });
    const { activate } = require(path) as Extension;
    hook.enable();
    const api = activate(anything);
    await sleep(50);
    hook.disable();
    assert.ok('inventory' in api);
    assert.deepEqual(begun, []);
  });
});
