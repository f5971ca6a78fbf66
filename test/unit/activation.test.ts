// What the built extension does when it is activated and nobody asks for anything: nothing but to register itself. In a real
// editor, others ask soon. VS Code's API is whatever is asked of it here.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import childProcess from 'node:child_process';
import fs from 'node:fs';
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

/** What waits for its end starts nothing that a hook hears of: `call` hears of each of these. Resolves with what undoes it. */
function hearSync(call: (name: string) => void): () => void {
  const undo: (() => void)[] = [];
  for (const module of [fs, childProcess] as Record<string, unknown>[]) {
    for (const [name, original] of Object.entries(module)) {
      if (typeof original !== 'function' || !name.endsWith('Sync')) continue;
      const hearing = (...args: unknown[]): unknown => {
        call(name);
        return (original as (...args: unknown[]) => unknown)(...args);
      };
      module[name] = Object.assign(hearing, original);
      undo.push(() => (module[name] = original));
    }
  }
  return () => {
    for (const step of undo) step();
  };
}

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
    const hear = (what: string): void => {
      if (new Error().stack?.includes(path)) begun.push(what);
    };
    const hook = createHook({
      init(_, type) {
        if (!['PROMISE', 'TickObject'].includes(type)) hear(type);
      },
    });
    const { activate } = require(path) as Extension;
    const unhearSync = hearSync(hear);
    hook.enable();
    const api = activate(anything);
    await sleep(50);
    hook.disable();
    unhearSync();
    assert.ok('inventory' in api);
    assert.deepEqual(begun, []);
  });
});
