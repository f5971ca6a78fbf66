// A task written by hand in tasks.json: what is understood, what is refused and how that is said, and the container that
// bears the name now.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { findContainer, parseDefinition, planTask } from '../../extension/tasks/definition';
import { makeContainer, snapshotOf } from './containerFixture';

const LEAST = { type: 'namespace', container: 'web', command: 'npm' };

describe('a task’s definition', () => {
  it('the least there can be', () => {
    assert.deepEqual(parseDefinition(LEAST), { ...LEAST, namespaces: ['net'], args: [] });
  });

  it('all there can be; what VS Code adds is left out', () => {
    const all = { ...LEAST, namespaces: ['mnt', 'net'], args: ['run', 'a b'], cwd: '/x', as: 'target' };
    assert.deepEqual(parseDefinition({ ...all, problemMatcher: '$tsc', label: 'x' }), all);
  });

  const REFUSED: [unknown, RegExp][] = [
    [{ ...LEAST, container: undefined }, /"container"/],
    [{ ...LEAST, container: '' }, /"container" is empty/],
    [{ ...LEAST, container: 7 }, /"container" has to be a name/],
    [{ ...LEAST, command: '' }, /"command" is empty/],
    [{ ...LEAST, command: ['npm', 'test'] }, /"command" has to be a text/],
    [{ ...LEAST, namespaces: [] }, /"namespaces" is empty/],
    [{ ...LEAST, namespaces: ['network'] }, /"namespaces" is no namespace type/],
    [{ ...LEAST, namespaces: 'net' }, /"namespaces"/],
    [{ ...LEAST, args: 'test' }, /"args"/],
    [{ ...LEAST, args: ['test', 1] }, /"args" is no text/],
    [{ ...LEAST, cwd: 1 }, /"cwd"/],
    [{ ...LEAST, as: 'admin' }, /"as" has to be/],
    [{ ...LEAST, type: 'npm' }, /"type"/],
    [{}, /namespace/],
    [null, /namespace/],
    ['net', /namespace/],
    [[], /namespace/],
  ];
  for (const [definition, says] of REFUSED) {
    it(`refuses ${JSON.stringify(definition)}`, () => {
      assert.throws(
        () => parseDefinition(definition),
        ({ message }: Error) =>
          says.test(message) && /^task of type "namespace": /.test(message) && !message.includes('\n'),
      );
    });
  }

  it('of any kind is understood, or refused with an Error', () => {
    const field = fc.oneof(fc.anything(), fc.string(), fc.constantFrom('net', 'me', ['net'], []));
    const keys = fc.constantFrom('type', 'container', 'command', 'namespaces', 'args', 'cwd', 'as', '__proto__');
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(keys, field)), (definition) => {
        try {
          const { container, command, namespaces } = parseDefinition(definition);
          assert.ok(container.length > 0 && command.length > 0 && namespaces.length > 0);
        } catch (error) {
          assert.ok(error instanceof Error && error.message.startsWith('task of type "namespace": '), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the container of a task', () => {
  const ID = 'abcdef012345'.padEnd(64, '6');
  const web = makeContainer('web', { net: 1 }, { id: ID });
  const service = makeContainer('shop-db-1', { net: 2 }, { composeProject: 'shop', composeService: 'db' });
  const twin = makeContainer('twin', { net: 3 }, { key: 'podman:twin', engine: 'podman' });
  const otherTwin = makeContainer('twin', { net: 4 });
  const namedAsService = makeContainer('cache', { net: 5 });
  const service2 = makeContainer('shop-cache-1', { net: 6 }, { composeService: 'cache' });
  const all = snapshotOf(web, service, twin, otherTwin, namedAsService, service2);

  const FOUND: [string, string][] = [
    ['web', web.key],
    ['db', service.key],
    ['shop-db-1', service.key],
    ['abcdef012345', web.key],
    [ID, web.key],
    // A name counts for more than a service that is called the same.
    ['cache', namedAsService.key],
  ];
  for (const [name, key] of FOUND) {
    it(`${name.slice(0, 20)} is ${key}`, () => {
      assert.equal(findContainer(all, name).key, key);
    });
  }

  const MISSING: [string, RegExp][] = [
    ['twin', /more than one container is called "twin"/],
    ['abcdef01234', /"abcdef01234" is not running; running are: web, shop-db-1/],
    ['WEB', /is not running/],
    ['', /is not running/],
  ];
  for (const [name, says] of MISSING) {
    it(`${JSON.stringify(name)} is refused`, () => {
      assert.throws(() => findContainer(all, name), says);
    });
  }

  it('says so where none is running', () => {
    assert.throws(() => findContainer(snapshotOf(), 'web'), /"web" is not running; none is/);
  });

  it('strangers’ names in the message are fit for a terminal', () => {
    const odd = makeContainer('\u001b]0;owned\u0007\u001b[2J\nls', { net: 1 });
    assert.throws(
      () => findContainer(snapshotOf(odd), 'web'),
      ({ message }: Error) => !/\p{Cc}/u.test(message),
    );
  });
});

describe('the plan of a task', () => {
  const web = makeContainer('web', { net: 1, mnt: 2 }, { pid: 5 });

  it('is as the user, with command and arguments, in what the container has of its own', () => {
    const definition = parseDefinition({ ...LEAST, namespaces: ['net', 'user'], args: ['test'] });
    const plan = planTask(definition, snapshotOf(web), 1000);
    assert.deepEqual([plan.as, plan.command], ['me', ['npm', 'test']]);
    assert.deepEqual(
      plan.joins.map(({ pid, types }) => [pid, types.map(({ type }) => type)]),
      [[5, ['net']]],
    );
  });

  it('is as someone else only where that is written', () => {
    for (const as of ['root', 'target', 'me'] as const)
      assert.equal(planTask(parseDefinition({ ...LEAST, as, namespaces: ['mnt'] }), snapshotOf(web), 1000).as, as);
  });

  it('is refused where the container shares all of it with the machine', () => {
    const definition = parseDefinition({ ...LEAST, namespaces: ['user', 'pid'] });
    assert.throws(() => planTask(definition, snapshotOf(web), 1000), /"web" has no user, pid namespace of its own/);
  });
});
