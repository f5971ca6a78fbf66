// Bad tasks in tasks.json are found at their place, in a file with comments and all that people write into it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkTasksFile } from '../../extension/tasks/checkTasksFile';
import { readPresets } from '../../extension/plan/presetsSetting';

describe('the tasks of a file', () => {
  const GOOD = '{ "type": "namespace", "container": "web", "command": "make" }';
  const { presets: PRESETS } = readPresets([
    { name: 'by number', namespaces: ['mnt', 'net'], as: '0:0' },
    { name: 'network, as root', namespaces: ['net'], as: 'root' },
  ]);
  /** What is marked, with what is said. */
  const marked = (text: string): [string, string][] =>
    checkTasksFile(text, PRESETS).map(({ start, end, message }) => [text.slice(start, end), message]);

  it('are not marked where they are good, of another type, or in a file that is none', () => {
    for (const text of [
      `{ "tasks": [${GOOD}] }`,
      '{ "tasks": [{ "type": "npm", "container": "" }, { "label": "x", "dependsOn": ["a"] }, null, 1] }',
      '{ "tasks": { "a": 1 } }',
      '{ "tasks": null }',
      '[]',
      '{ "tasks": [',
      '',
      '['.repeat(5000),
      `{ "tasks": [{ "type": "namespace", "env": ${'{"a":'.repeat(5000)}`,
    ])
      assert.deepEqual(marked(text), [], text);
  });

  it('are not marked where the schema does so: what is wrong by itself', () => {
    assert.deepEqual(marked('{"tasks": [{ "type": "namespace", "as": "admin", "cwd": 1, "namespaces": [] }]}'), []);
  });

  it('are marked at a preset that is not there', () => {
    const task = (preset: string): string =>
      `{"tasks": [{ "type": "namespace", "container": "web", "command": "x", "preset": "${preset}" }]}`;
    assert.deepEqual(marked(task('Network')), [['"Network"', 'there is no preset called "Network"']]);
    for (const preset of ['Network only', '${input:preset}']) assert.deepEqual(marked(task(preset)), []);
  });

  it('are warned of where they are root among the files of a container, at what says so, and can be run', () => {
    const warned = (members: string): string[] => {
      const text = `{"tasks": [{ "type": "namespace", "container": "web", "command": "x", ${members} }]}`;
      return checkTasksFile(text, PRESETS).map(({ start, end, severity, message }) => {
        assert.equal(severity, 'warning');
        assert.match(message, /^This runs as root of this machine in a container's files, unless/);
        return text.slice(start, end);
      });
    };
    assert.deepEqual(warned('"namespaces": ["mnt"], "as": "root"'), ['"root"']);
    assert.deepEqual(warned('"namespaces": ["net", "user", "mnt"], "as": "0"'), ['"0"']);
    assert.deepEqual(warned('"preset": "Everything"'), ['"Everything"']);
    assert.deepEqual(warned('"preset": "by number"'), ['"by number"']);
    assert.deepEqual(warned('"preset": "Like docker exec", "as": "root"'), ['"root"']);
    for (const harmless of [
      '"namespaces": ["mnt"]',
      '"namespaces": ["mnt"], "as": "target"',
      '"namespaces": ["mnt"], "as": "1000:0"',
      '"namespaces": ["net", "pid"], "as": "root"',
      '"as": "root"',
      '"preset": "Everything", "as": "me"',
      '"preset": "Like docker exec"',
      '"preset": "network, as root"',
    ])
      assert.deepEqual(warned(harmless), [], harmless);
  });

  it('are marked at the type where something is missing', () => {
    const text = '{ // "pod": "p"\n "tasks": [{ "command": "x", "type": "namespace", }] }';
    assert.deepEqual(marked(text), [
      ['"type": "namespace"', 'one of "container", "composeService", "pod" and "containerLabel" is required'],
    ]);
  });

  it('are marked where two properties cannot be used together', () => {
    assert.deepEqual(marked('{"tasks": [{ "type": "namespace", "pod": "p", "command": "x", "shellCommand": "y" }]}'), [
      ['"y"', '"command" and "shellCommand" cannot be used together'],
    ]);
  });

  it('are marked in a file with comments, commas at the end, and parts that are still being written', () => {
    const text = `// "type": "namespace"
      { "version": "2.0.0" /* {} */
        "tasks": [
          { "label": "a//b", },
          { "type": "namespace", "pod": "p", "container": "/* c */", "command": "x", },
          { "type": "namespace", "container": `;
    assert.deepEqual(marked(text), [
      ['"p"', '"container" and "pod" cannot be used together'],
      ['"type": "namespace"', 'one of "container", "composeService", "pod" and "containerLabel" is required'],
      ['"type": "namespace"', 'either "command" or "shellCommand" is required'],
    ]);
  });

  it('of any text: marks within it, never a throw', () => {
    const piece = fc.oneof(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '//', '/*', '*/', '\n', '"tasks": [', GOOD, '"type": "namespace"'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const text = `{"tasks": [${pieces.join('')}`;
        for (const { start, end } of checkTasksFile(text, [])) assert.ok(start < end && end <= text.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('are found in a .code-workspace file', () => {
    const text = '{"folders": [], "tasks": {"version": "2.0.0", "tasks": [{ "type": "namespace", "command": "x" }]}}';
    assert.equal(marked(text).length, 1);
  });
});
