// What the built extension does when it is activated and nobody asks for anything: nothing but to register itself. In a real
// editor, others ask soon. VS Code's API is whatever is asked of it here.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import childProcess from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fill } from '../../extension/l10n';

const DIST = resolve('dist');

interface Loader {
  _load: (request: string, ...others: unknown[]) => unknown;
}
interface PartsBundle {
  makeParts: (...args: unknown[]) => object;
}
interface Schema {
  provideTextDocumentContent: () => Promise<string>;
}
interface TaskProvider {
  provideTasks: () => Promise<object[]>;
}
interface Extension {
  activate: (context: unknown) => { parts: Record<string, () => Promise<object>> };
}

/** Each property, each call and each new object of it is one more of its kind; but no view is seen. */
const anything: unknown = new Proxy(Object, {
  get: (_, name: string | symbol): unknown =>
    name === 'visible' ? false : name === Symbol.toPrimitive ? () => '' : anything,
  set: () => true,
  apply: () => anything,
  construct: () => ({}),
});

const told: string[] = [];
const logs: string[] = [];
let logShown = 0;
let schema: Schema | undefined;
let provider: TaskProvider | undefined;
const registered = new Map<string, () => Promise<unknown>>();
const vscode = replacing(anything, {
  window: replacing(anything, {
    showErrorMessage: (message: string) => Promise.resolve(void told.push(message)),
    createOutputChannel: (name: string) => (logs.push(name), replacing(anything, { show: () => logShown++ })),
  }),
  commands: replacing(anything, {
    registerCommand: (id: string, run: () => Promise<unknown>) => registered.set(id, run),
  }),
  tasks: replacing(anything, { registerTaskProvider: (_: unknown, each: TaskProvider) => (provider = each) }),
  // The last one that is registered is that of the schema.
  workspace: replacing(anything, {
    registerTextDocumentContentProvider: (_: unknown, each: Schema) => (schema = each),
    workspaceFolders: [],
  }),
  l10n: { t: (message: string, ...values: string[]) => `~${fill(message, ...values)}` },
});

function replacing(whole: unknown, parts: Record<string, unknown>): unknown {
  return new Proxy(whole as object, { get: (_, name) => parts[String(name)] ?? (whole as never)[name as never] });
}

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
  const loaded: string[] = [];
  const begun: string[] = [];
  let missing: string | null = null;
  const hear = (what: string): void => {
    if (new Error().stack?.includes(DIST)) begun.push(what);
  };
  const hook = createHook({
    init(_, type) {
      if (!['PROMISE', 'TickObject'].includes(type)) hear(type);
    },
  });
  let unhearSync: () => void;
  let extension: ReturnType<Extension['activate']>;

  const part = (name: string): Promise<object> => (extension.parts[name] ?? assert.fail(`no ${name}`))();

  before(async () => {
    loader._load = (request, ...others) => {
      if (request === missing) throw new Error('it is not there');
      loaded.push(request);
      return request === 'vscode' ? vscode : load(request, ...others);
    };
    const { activate } = require(join(DIST, 'extension.js')) as Extension;
    unhearSync = hearSync(hear);
    hook.enable();
    extension = activate(anything);
    await sleep(50);
  });
  after(() => {
    hook.disable();
    unhearSync();
    loader._load = load;
  });

  it('starts nothing and reads nothing, not even the rest of the extension', () => {
    assert.deepEqual(begun, []);
    assert.deepEqual(logs, [], 'a log is a file, and there is nothing to tell');
    assert.deepEqual(
      loaded.filter((request) => request.startsWith('.')),
      [],
    );
  });

  it('of what cannot be loaded when it is needed is told once, and the next need tries again', async () => {
    missing = './view.js';
    await assert.rejects(part('tasks'), /it is not there/);
    assert.deepEqual(told, ['~~Loading the extension failed. The log has the details.']);
    missing = null;
    assert.ok('inventory' in (await part('view')));
    assert.deepEqual(logs, ['Linux Namespaces']);
  });

  it('loads of the rest what is needed, and once', async () => {
    const bundles = (): string[] => loaded.filter((request) => request.startsWith('.'));
    const { inventory } = (await part('view')) as { inventory: object };
    assert.deepEqual(bundles(), ['./view.js']);
    await part('tasks');
    assert.deepEqual(bundles(), ['./view.js', './tasks.js']);
    const [all] = (await Promise.all([part('commands'), part('terminals')])) as [{ inventory: object }, object];
    assert.deepEqual(bundles(), ['./view.js', './tasks.js', './terminals.js', './commands.js']);
    assert.equal(all.inventory, inventory);
  });

  it('has whatever is asked for first: tasks, or a command', async () => {
    const { activate } = require(join(DIST, 'extension.js')) as Extension;
    activate(anything);
    assert.deepEqual(await provider?.provideTasks(), []);
    activate(anything);
    await registered.get('namespaces.log.show')?.();
    assert.equal(logShown, 1);
  });

  it('hands the translation to what is loaded for a file of tasks', async () => {
    assert.match((await schema?.provideTextDocumentContent()) ?? '', /"~all of its namespaces"/);
  });

  it('is followed by nothing where the rest has been loaded', async () => {
    const bundles = ['view', 'tasks', 'terminals', 'commands'].map(
      (name) => require(join(DIST, `${name}.js`)) as PartsBundle,
    );
    // Reading its file is the loader's.
    begun.length = 0;
    for (const { makeParts } of bundles) makeParts(anything, anything);
    await sleep(50);
    assert.deepEqual(begun, []);
  });
});
