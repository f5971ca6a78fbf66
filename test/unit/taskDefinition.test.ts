// A task written by hand in tasks.json: what is understood, what is refused and how that is said.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checkDefinition, parseDefinition } from '../../extension/tasks/definition';

const LEAST = { type: 'namespace', container: 'web', command: 'npm' };

describe('a task’s definition', () => {
  it('the least there can be', () => {
    assert.deepEqual(parseDefinition(LEAST), { ...LEAST, args: [] });
    assert.deepEqual(checkDefinition(LEAST), []);
  });

  const UNDERSTOOD: object[] = [
    { ...LEAST, namespaces: ['mnt', 'net'], args: ['run', 'a b'], cwd: '/x', as: '1000:100', env: { A_1: '' } },
    {
      type: 'namespace',
      composeService: 'web',
      composeProject: 'shop',
      shellCommand: 'a | b',
      args: [],
      waitFor: true,
    },
    { type: 'namespace', pod: 'web', preset: 'Network only', command: 'x', args: [], waitFor: 0.5 },
    { type: 'namespace', containerLabel: 'a=b', command: 'x', args: [], waitFor: false },
  ];
  for (const definition of UNDERSTOOD) {
    it(`${JSON.stringify(definition)}; what VS Code adds is left out`, () => {
      assert.deepEqual(parseDefinition({ args: [], ...definition, problemMatcher: '$tsc', label2: 'x' }), definition);
    });
  }

  const NOWHERE = { type: 'namespace', command: 'npm' };
  const NOTHING = { type: 'namespace', container: 'web' };
  const REFUSED: [unknown, string | null, RegExp][] = [
    [NOWHERE, null, /"container", "composeService", "pod" or "containerLabel" has to say which container/],
    [{ ...LEAST, container: '' }, 'container', /"container" is empty/],
    [{ ...LEAST, container: 7 }, 'container', /"container" has to be a text/],
    [{ ...LEAST, pod: 'web' }, 'pod', /"container" and "pod" exclude each other/],
    [
      { ...NOWHERE, composeService: 'web', containerLabel: 'a' },
      'containerLabel',
      /"composeService" and "containerLabel" exclude each other/,
    ],
    [{ ...LEAST, composeProject: 'shop' }, 'composeProject', /"composeProject" needs "composeService"/],
    [NOTHING, null, /"command" or "shellCommand" has to say what to run/],
    [{ ...LEAST, command: '' }, 'command', /"command" is empty/],
    [{ ...LEAST, command: ['npm', 'test'] }, 'command', /"command" has to be a text/],
    [{ ...LEAST, shellCommand: 'npm test' }, 'shellCommand', /"command" and "shellCommand" exclude each other/],
    [{ ...NOTHING, shellCommand: 'npm', args: ['x'] }, 'shellCommand', /"args" and "shellCommand" exclude each other/],
    [{ ...LEAST, namespaces: [] }, 'namespaces', /"namespaces" is empty/],
    [{ ...LEAST, namespaces: ['network'] }, 'namespaces', /"namespaces.0" is no namespace type/],
    [{ ...LEAST, namespaces: 'net' }, 'namespaces', /"namespaces" has to be a list of texts/],
    [{ ...LEAST, namespaces: ['net'], preset: 'x' }, 'preset', /"namespaces" and "preset" exclude each other/],
    [{ ...LEAST, args: 'test' }, 'args', /"args" has to be a list of texts/],
    [{ ...LEAST, args: ['test', 1] }, 'args', /"args.1" has to be a text/],
    [{ ...LEAST, cwd: 1 }, 'cwd', /"cwd" has to be a text/],
    [{ ...LEAST, env: { A: 1 } }, 'env', /"env.A" has to be a text/],
    [{ ...LEAST, env: { 'A=B': 'x' } }, 'env', /"env.A=B" is no name of an environment variable/],
    [{ ...LEAST, env: 'A' }, 'env', /"env" has to hold environment variables/],
    [{ ...LEAST, as: 'admin' }, 'as', /"as" has to be "me", "target", "root", a user id or UID:GID/],
    [{ ...LEAST, waitFor: 'long' }, 'waitFor', /"waitFor" has to be true, false or a number of seconds/],
    [{ ...LEAST, waitFor: -1 }, 'waitFor', /"waitFor"/],
    [{ ...LEAST, type: 'npm' }, 'type', /"type" has to be "namespace"/],
    [{}, 'type', /"type"/],
    [null, null, /no object/],
    ['net', null, /no object/],
    [[], 'type', /"type"/],
  ];
  for (const [definition, key, says] of REFUSED) {
    it(`refuses ${JSON.stringify(definition)}`, () => {
      assert.equal(checkDefinition(definition)[0]?.key, key);
      assert.throws(
        () => parseDefinition(definition),
        ({ message }: Error) =>
          says.test(message) && /^task of type "namespace": /.test(message) && !message.includes('\n'),
      );
    });
  }

  it('tells all that is wrong, not the first alone', () => {
    assert.deepEqual(
      checkDefinition({ ...LEAST, as: 'x', cwd: 1, namespaces: [] })
        .map(({ key }) => key)
        .sort(),
      ['as', 'cwd', 'namespaces'],
    );
  });

  it('of any kind is understood, or refused with an Error', () => {
    const field = fc.oneof(fc.anything(), fc.string(), fc.constantFrom('net', 'me', ['net'], []));
    const keys = fc.constantFrom('type', 'container', 'pod', 'command', 'namespaces', 'args', 'env', 'as', '__proto__');
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(keys, field)), (definition) => {
        try {
          const { command, shellCommand } = parseDefinition(definition);
          assert.ok((command ?? shellCommand ?? '').length > 0);
        } catch (error) {
          assert.ok(error instanceof Error && error.message.startsWith('task of type "namespace": '), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});
