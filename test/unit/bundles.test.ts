// Which modules are in several of the bundles that the extension host loads: each such bundle has one of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const HOST = ['extension', 'view', 'tasks', 'terminals', 'commands', 'tasksFile'];

describe('a module that several bundles of the extension host have', () => {
  const { modules } = JSON.parse(readFileSync('out/bundled.json', 'utf8')) as { modules: Record<string, string[]> };
  const bundlesOf = new Map<string, string[]>();
  for (const bundle of HOST) {
    for (const path of modules[bundle] ?? assert.fail(`no bundle ${bundle}`)) {
      if (!path.startsWith('node_modules/')) bundlesOf.set(path, [...(bundlesOf.get(path) ?? []), bundle]);
    }
  }
  const shared = [...bundlesOf].filter(([, bundles]) => bundles.length > 1).map(([path]) => path);
  const source = (path: string): string => readFileSync(path, 'utf8');

  it('has no state, but for the translation, which each is handed', () => {
    const state =
      /^(?:export )?(?:let|var) |^(?:export )?const \w+(?:: .+)? = (?:new (?:Weak)?(?:Map|Set)(?:<.*>)?\(\)|\[\]|\{\})/m;
    assert.match(source('extension/shared/slices.ts'), state);
    assert.match(source('extension/main.ts'), state);
    assert.deepEqual(
      shared.filter((path) => state.test(source(path))),
      ['extension/l10n.ts'],
    );
  });

  it('has no class that another asks for by instanceof: it would be another class there', () => {
    const classes = shared.flatMap((path) =>
      [...source(path).matchAll(/^export class (\w+)/gm)].map(([, name]) => name),
    );
    assert.ok(classes.includes('UserError'), classes.join());
    const asked = [...bundlesOf].flatMap(([path, bundles]) =>
      [...source(path).matchAll(/\binstanceof (\w+)/g)].flatMap(([, name]) =>
        classes.includes(name) ? [`${name} in ${bundles.join()}`] : [],
      ),
    );
    // Thrown in there too.
    assert.deepEqual(new Set(asked), new Set(['NotRunning in tasks']));
  });
});
