// What package.json promises: to whom settings listen, what runs where a workspace is not trusted, and that its schema of
// tasks is what the extension understands.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { OLDEST_CODE_SERVER } from '../../scripts/lib/codeServer.mjs';
import { TASK_TYPE, TASKS_SCHEMA } from '../../extension/ids';
import { checkDefinition } from '../../extension/tasks/definition';

interface Property {
  type: string;
  scope?: string;
  default?: unknown;
  description?: string;
  markdownDescription?: string;
  items?: { enum?: string[]; enumDescriptions?: string[] };
}
interface Manifest {
  name: string;
  displayName: string;
  description: string;
  publisher: string;
  license: string;
  icon: string;
  galleryBanner: { color: string };
  categories: string[];
  keywords: string[];
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  extensionKind: string[];
  activationEvents: string[];
  capabilities: {
    virtualWorkspaces: boolean;
    untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] };
  };
  contributes: {
    commands: { command: string; category: string; title: string }[];
    views: Record<string, { id: string }[]>;
    walkthroughs: { id: string; steps: { id: string; completionEvents: string[] }[] }[];
    configuration: { id: string; title: string; order: number; properties: Record<string, Property> }[];
    jsonValidation: { url: string }[];
    taskDefinitions: { type: string; required?: string[]; properties: Record<string, Property> }[];
  };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const { capabilities, contributes } = manifest;
const settings = contributes.configuration.flatMap(({ properties }) => Object.entries(properties));
const [task] = contributes.taskDefinitions;

describe('package.json', () => {
  it('has it run where the workspace’s files and processes are, and nowhere else', () => {
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.equal(capabilities.virtualWorkspaces, false);
  });

  it('has it activated where a task, a page or the schema of tasks is asked for, besides views and commands', () => {
    assert.deepEqual(manifest.activationEvents, [
      `onTaskType:${TASK_TYPE}`,
      'onFileSystem:namespaces',
      'onFileSystem:namespaces-schema',
    ]);
    assert.deepEqual(
      contributes.jsonValidation.map(({ url }) => url),
      [TASKS_SCHEMA],
    );
  });

  it('has it run in part only where the workspace is not trusted', () => {
    assert.equal(capabilities.untrustedWorkspaces.supported, 'limited');
  });

  it('groups its settings under titles, what gives rights before all else', () => {
    const titles = contributes.configuration.map(({ title }) => title);
    assert.equal(new Set(titles).size, titles.length);
    for (const title of titles) assert.match(title, /^%settings\.\w+%$/);
    assert.deepEqual(
      contributes.configuration.map(({ order }) => order),
      titles.map((_, index) => index + 1),
    );
    assert.ok(contributes.configuration[0] && 'namespaces.sudo.path' in contributes.configuration[0].properties);
    for (const { id, properties } of contributes.configuration) assert.ok(Object.keys(properties).length > 0, id);
  });

  for (const [name, { scope, description, markdownDescription }] of settings) {
    it(`${name} is described, and says who may set it`, () => {
      assert.ok(description ?? markdownDescription);
      assert.ok(scope !== undefined, 'a setting without a scope may be set by any workspace');
    });
  }

  it('lets no workspace name a path that root will run, or an address that is asked', () => {
    const paths = settings.filter(([name]) => /path|host|helper|command/i.test(name));
    assert.ok(paths.length >= 2);
    for (const [name, { scope }] of paths) assert.equal(scope, 'machine', name);
  });

  it('takes nothing from an untrusted workspace that says where commands run', () => {
    const listed = capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const name of listed)
      assert.ok(
        settings.some(([setting]) => setting === name),
        name,
      );
    const decisive = settings.filter(
      ([name, { scope }]) => scope === 'machine' || name.startsWith('namespaces.tasks.'),
    );
    for (const [name] of decisive) assert.ok(listed.includes(name), name);
  });

  it('has a picture for the marketplace, of a size it takes', () => {
    const png = readFileSync(manifest.icon);
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    // Width and height are the first two numbers of the first chunk (PNG specification, IHDR).
    assert.ok(png.readUInt32BE(16) >= 128 && png.readUInt32BE(16) === png.readUInt32BE(20));
    assert.ok(readFileSync('.vscodeignore', 'utf8').split('\n').includes(`!${manifest.icon}`));
  });

  it('leaves every text for people to the translations', () => {
    const FOR_PEOPLE = /^(?:title|name|description|markdownDescription|contents|category|enumDescriptions|label)$/;
    const written: string[] = [];
    const look = (value: unknown, key: string): void => {
      if (typeof value === 'string' && FOR_PEOPLE.test(key) && !/^%[\w.]+%$/.test(value))
        written.push(`${key}: ${value}`);
      if (Array.isArray(value)) for (const item of value) look(item, key);
      else if (typeof value === 'object' && value !== null)
        for (const [name, member] of Object.entries(value)) look(member, name);
    };
    look(contributes, '');
    assert.deepEqual(written, []);
  });

  it('is found in the shops: by a name, a line, categories that they have, and words', () => {
    assert.deepEqual([manifest.publisher, manifest.name], ['linux-namespaces', 'linux-namespaces']);
    assert.ok(manifest.displayName && manifest.license === 'MIT');
    const texts = JSON.parse(readFileSync('package.nls.json', 'utf8')) as Record<string, string>;
    // A shop's list shows about so much of it.
    const description = texts[manifest.description.slice(1, -1)] ?? '';
    assert.ok(description.length > 40 && description.length < 200);
    // Of https://code.visualstudio.com/api/references/extension-manifest, those that may fit.
    const CATEGORIES = ['Debuggers', 'Testing', 'Visualization', 'Other'];
    for (const category of manifest.categories) assert.ok(CATEGORIES.includes(category), category);
    // More than thirty are refused.
    assert.ok(manifest.keywords.length >= 5 && manifest.keywords.length <= 30);
    assert.match(manifest.galleryBanner.color, /^#[0-9a-f]{6}$/);
  });

  it('asks for the VS Code that its types are of, and that the tests’ oldest editor is', () => {
    const version = manifest.engines.vscode.replace(/^\^/, '');
    assert.equal(manifest.devDependencies['@types/vscode'], version);
    // code-server counts its minor versions as VS Code does.
    assert.equal(OLDEST_CODE_SERVER.split('.')[1], version.split('.')[1]);
  });

  it('links to commands and views that there are, in the empty views and in the walkthrough', () => {
    const commands = contributes.commands.map(({ command }) => command);
    const views = Object.values(contributes.views).flatMap((each) => each.map(({ id }) => id));
    const texts = readFileSync('package.nls.json', 'utf8');
    const links = [...texts.matchAll(/\(command:([\w.]+)(?:\?([^)]*))?\)/g)];
    assert.ok(links.length > 10, `only ${links.length}`);
    for (const [, link = '', argument = ''] of links) {
      if (link !== 'workbench.action.openWalkthrough') {
        assert.ok(commands.includes(link) || views.some((view) => link === `${view}.focus`), link);
        continue;
      }
      const walkthroughs = contributes.walkthroughs.map(({ id }) => `${manifest.publisher}.${manifest.name}#${id}`);
      assert.ok(walkthroughs.includes(JSON.parse(decodeURIComponent(argument)) as string), argument);
    }
    for (const { id, completionEvents } of contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      assert.ok(completionEvents.length > 0, id);
      for (const event of completionEvents) {
        const [what, name = ''] = event.split(':');
        const known = what === 'onCommand' ? commands : what === 'onView' ? views : [];
        assert.ok(known.includes(name), `${id}: ${event}`);
      }
    }
  });

  it('puts every command into one category', () => {
    for (const { command, category } of contributes.commands) assert.equal(category, '%category%', command);
  });

  it('describes each property of a task, and completes with what a task takes', () => {
    assert.ok(task);
    assert.deepEqual(task.required, undefined);
    for (const [name, property] of Object.entries(task.properties)) assert.ok(property.description, name);
    const types = task.properties['namespaces']?.items;
    assert.deepEqual([...(types?.enum ?? [])].sort(), [...NAMESPACE_NAMES].sort());
    assert.equal(types?.enumDescriptions?.length, NAMESPACE_NAMES.length);
  });

  it('has the schema of a task know just what the extension knows', () => {
    const understood = (name: string): boolean =>
      // Of a property that is known, null is wrong; any other is passed over.
      checkDefinition({ type: 'namespace', container: 'x', command: 'x', [name]: null }).some(
        ({ key }) => key === name,
      );
    for (const name of Object.keys(task?.properties ?? {})) assert.ok(understood(name), name);
    // These are VS Code's own in every task, and would be taken for ours.
    for (const name of ['label', 'group', 'problemMatcher', 'isBackground', 'presentation', 'dependsOn', 'detail'])
      assert.ok(!understood(name) && !(name in (task?.properties ?? {})), name);
  });
});
