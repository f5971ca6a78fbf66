// Bad tasks in tasks.json are found at their place, in a file with comments and all that people write into it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkTasksFile } from '../../extension/tasks/checkTasksFile';
import { parseJsonc } from '../../extension/tasks/jsonc';

describe('JSON with comments', () => {
  it('is read as JSON is', () => {
    fc.assert(
      fc.property(fc.json({ depthSize: 'medium' }), (text) => {
        assert.deepEqual(parseJsonc(text)?.value, JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  const READ: [string, unknown][] = [
    ['// a\n{ "a": /* {} */ 1, } // b', { a: 1 }],
    ['[1, 2,\n]', [1, 2]],
    ['{"a//b": "/* c */", "\\"": ["\\u0041"]}', { 'a//b': '/* c */', '"': ['A'] }],
    ['{"a": 1, "a": 2}', { a: 2 }],
  ];
  for (const [text, value] of READ) {
    it(JSON.stringify(text), () => {
      assert.deepEqual(parseJsonc(text)?.value, value);
    });
  }

  const NOT: string[] = [
    '',
    '{',
    '{"a"}',
    '{"a":}',
    '{,}',
    '[1 2]',
    '1 2',
    '{a: 1}',
    '"a',
    '/* {}',
    "{'a': 1}",
    '[,]',
    '/',
  ];
  for (const text of [...NOT, '['.repeat(5000)]) {
    it(`${JSON.stringify(text.slice(0, 20))} is none`, () => {
      assert.equal(parseJsonc(text), null);
    });
  }

  it('of any text: a value or null, never a throw', () => {
    const piece = fc.oneof(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '//', '/*', '*/', '\n'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const node = parseJsonc(pieces.join(''));
        assert.ok(node === null || node.end > node.start);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the tasks of a file', () => {
  const GOOD = '{ "type": "namespace", "container": "web", "command": "make" }';
  /** What is marked, with what is said. */
  const marked = (text: string): [string, string][] =>
    checkTasksFile(text, ['Network only']).map(({ start, end, message }) => [text.slice(start, end), message]);

  it('are not marked where they are good, of another type, or in a file that is none', () => {
    for (const text of [
      `{ "tasks": [${GOOD}] }`,
      '{ "tasks": [{ "type": "npm", "container": "" }, { "label": "x", "dependsOn": ["a"] }, null, 1] }',
      '{ "tasks": { "a": 1 } }',
      '{ "tasks": null }',
      '[]',
      '{ "tasks": [',
      '',
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

  it('are marked at the type where something is missing', () => {
    const text = '{ // "pod": "p"\n "tasks": [{ "command": "x", "type": "namespace", }] }';
    assert.deepEqual(marked(text), [
      ['"type": "namespace"', '"container", "composeService", "pod" or "containerLabel" has to say which container'],
    ]);
  });

  it('are marked where two properties exclude each other', () => {
    assert.deepEqual(marked('{"tasks": [{ "type": "namespace", "pod": "p", "command": "x", "shellCommand": "y" }]}'), [
      ['"y"', '"command" and "shellCommand" exclude each other'],
    ]);
  });

  it('are found in a .code-workspace file', () => {
    const text = '{"folders": [], "tasks": {"version": "2.0.0", "tasks": [{ "type": "namespace", "command": "x" }]}}';
    assert.equal(marked(text).length, 1);
  });
});
