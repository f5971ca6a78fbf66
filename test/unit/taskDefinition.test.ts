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
    [NOWHERE, null, /one of "container", "composeService", "pod" and "containerLabel" is required/],
    [{ ...LEAST, container: '' }, 'container', /"container" must not be empty/],
    [{ ...LEAST, container: 7 }, 'container', /"container" must be a string/],
    [{ ...LEAST, pod: 'web' }, 'pod', /"container" and "pod" cannot be used together/],
    [
      { ...NOWHERE, composeService: 'web', containerLabel: 'a' },
      'containerLabel',
      /"composeService" and "containerLabel" cannot be used together/,
    ],
    [{ ...LEAST, composeProject: 'shop' }, 'composeProject', /"composeProject" needs "composeService"/],
    [NOTHING, null, /either "command" or "shellCommand" is required/],
    [{ ...LEAST, command: '' }, 'command', /"command" must not be empty/],
    [{ ...LEAST, command: ['npm', 'test'] }, 'command', /"command" must be a string/],
    [{ ...LEAST, shellCommand: 'npm test' }, 'shellCommand', /"command" and "shellCommand" cannot be used together/],
    [
      { ...NOTHING, shellCommand: 'npm', args: ['x'] },
      'shellCommand',
      /"args" and "shellCommand" cannot be used together/,
    ],
    [{ ...LEAST, namespaces: [] }, 'namespaces', /"namespaces" must not be empty/],
    [{ ...LEAST, namespaces: ['network'] }, 'namespaces', /"namespaces.0" is not a namespace type/],
    [{ ...LEAST, namespaces: 'net' }, 'namespaces', /"namespaces" must be a list of strings/],
    [{ ...LEAST, namespaces: ['net'], preset: 'x' }, 'preset', /"namespaces" and "preset" cannot be used together/],
    [{ ...LEAST, args: 'test' }, 'args', /"args" must be a list of strings/],
    [{ ...LEAST, args: ['test', 1] }, 'args', /"args.1" must be a string/],
    [{ ...LEAST, cwd: 1 }, 'cwd', /"cwd" must be a string/],
    [{ ...LEAST, env: { A: 1 } }, 'env', /"env.A" must be a string/],
    [{ ...LEAST, env: { 'A=B': 'x' } }, 'env', /"env.A=B" is not the name of an environment variable/],
    [{ ...LEAST, env: 'A' }, 'env', /"env" must be an object of environment variables/],
    [{ ...LEAST, as: 'admin' }, 'as', /"as" must be "me", "target", "root", a user ID or UID:GID/],
    [{ ...LEAST, waitFor: 'long' }, 'waitFor', /"waitFor" must be true, false or a number of seconds/],
    [{ ...LEAST, waitFor: -1 }, 'waitFor', /"waitFor"/],
    [{ ...LEAST, type: 'npm' }, 'type', /"type" must be "namespace"/],
    [{}, 'type', /"type"/],
    [null, null, /not an object/],
    ['net', null, /not an object/],
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
