// The container that a task means, as it is now, and the plan for it.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRunning } from '../../extension/model/container';
import { UserError } from '../../extension/model/userError';
import { allOf } from '../../extension/select/selection';
import { parseDefinition } from '../../extension/tasks/definition';
import { findContainer, NotRunning, referenceTo, type ContainerChoice } from '../../extension/tasks/findContainer';
import { entersFiles, planTask, type TaskPlan } from '../../extension/tasks/planTask';
import { makeContainer, snapshotOf } from './containerFixture';

const LEAST = { type: 'namespace', container: 'web', command: 'npm' };

describe('the container of a task', () => {
  const ID = 'abcdef012345'.padEnd(64, '6');
  const web = makeContainer('web', { net: 1 }, { id: ID, labels: { tier: 'front', 'a=b': 'c' } });
  const db = makeContainer('shop-db-1', { net: 2 }, { composeProject: 'shop', composeService: 'db' });
  const otherDb = makeContainer('test-db-1', { net: 8 }, { composeProject: 'test', composeService: 'db' });
  const twin = makeContainer('twin', { net: 3 }, { key: 'podman:twin', engine: 'podman', pid: 99 });
  const otherTwin = makeContainer('twin', { net: 4 }, { id: 'f00dfeed0000' });
  const cache = makeContainer('cache', { net: 5 });
  const cacheService = makeContainer('shop-cache-1', { net: 6 }, { composeService: 'cache' });
  const podded = makeContainer(
    'k8s_app',
    { net: 7 },
    { pod: 'api', labels: { 'io.kubernetes.pod.name': 'api', tier: 'back' } },
  );
  const stopped = makeContainer('old', {}, { pid: 0, state: 'exited' });
  const oldDb = makeContainer(
    'shop-db-2',
    {},
    { pid: 0, state: 'exited', composeProject: 'shop', composeService: 'db' },
  );
  const all = snapshotOf(stopped, oldDb, web, db, otherDb, twin, otherTwin, cache, cacheService, podded);

  const FOUND: [ContainerChoice, string][] = [
    [{ container: 'web' }, web.key],
    [{ container: 'shop-db-1' }, db.key],
    [{ container: 'abcdef012345' }, web.key],
    [{ container: ID }, web.key],
    [{ container: 'podman:twin' }, twin.key],
    // A name counts for more than a service that is called the same.
    [{ container: 'cache' }, cache.key],
    [{ composeService: 'cache' }, cacheService.key],
    // One that does not run is not meant.
    [{ composeService: 'db', composeProject: 'shop' }, db.key],
    [{ composeService: 'db', composeProject: 'test' }, otherDb.key],
    [{ pod: 'api' }, podded.key],
    [{ containerLabel: 'tier=front' }, web.key],
    [{ containerLabel: 'a=b' }, web.key],
    [{ containerLabel: 'io.kubernetes.pod.name' }, podded.key],
  ];
  for (const [choice, key] of FOUND) {
    it(`${JSON.stringify(choice)} is ${key}`, () => {
      assert.equal(findContainer(all, choice).key, key);
    });
  }

  const AMBIGUOUS: [ContainerChoice, RegExp][] = [
    [{ container: 'twin' }, /^container "twin" matches .*: twin \(podman, pid 99\) and twin \(docker, f00dfeed0000\)/],
    [{ container: 'db' }, /^container "db" matches more than one/],
    [{ composeService: 'db' }, /^compose service "db" matches .*: shop-db-1 .* and test-db-1 /],
    [{ containerLabel: 'tier' }, /^a container with the label "tier" matches .*: web .* and k8s_app /],
  ];
  for (const [choice, says] of AMBIGUOUS) {
    it(`${JSON.stringify(choice)} is refused, naming both`, () => {
      assert.throws(
        () => findContainer(all, choice),
        (error: Error) => says.test(error.message) && !(error instanceof NotRunning),
      );
    });
  }

  const MISSING: [ContainerChoice, RegExp][] = [
    [{ container: 'abcdef01234' }, /^container "abcdef01234" is not running; running containers: web, shop-db-1/],
    [{ container: 'WEB' }, /is not running/],
    [{ container: 'old' }, /^container "old" is not running: exited$/],
    [{ container: '' }, /is not running/],
    [{ composeService: 'db', composeProject: 'prod' }, /^compose service "db" of project "prod" is not running/],
    [{ composeService: 'web' }, /is not running/],
    [{ pod: 'web' }, /^pod "web" is not running/],
    [{ containerLabel: 'tier=none' }, /is not running/],
    [{ containerLabel: '__proto__' }, /is not running/],
    [{ containerLabel: '=x' }, /is not running/],
  ];
  for (const [choice, says] of MISSING) {
    it(`${JSON.stringify(choice)} is not there`, () => {
      assert.throws(
        () => findContainer(all, choice),
        (error: Error) => says.test(error.message) && error instanceof NotRunning,
      );
    });
  }

  it('says so where none is running', () => {
    assert.throws(() => findContainer(snapshotOf(), { container: 'web' }), /"web" is not running; no containers are/);
  });

  it('strangers’ names in the message are fit for a terminal', () => {
    const odd = makeContainer('\u001b]0;owned\u0007\u001b[2J\nls', { net: 1 });
    assert.throws(
      () => findContainer(snapshotOf(odd), { container: 'web' }),
      ({ message }: Error) => !/\p{Cc}/u.test(message),
    );
  });

  it('each can be referred to so that it is found again', () => {
    for (const container of all.containers.filter(isRunning))
      assert.equal(findContainer(all, { container: referenceTo(all, container) }).key, container.key);
    assert.equal(referenceTo(all, web), 'web');
    assert.equal(referenceTo(all, twin), twin.key);
  });

  it('a name that VS Code would take for a variable is not handed to it', () => {
    const odd = makeContainer('${command:workbench.action.quit}', { net: 1 }, { key: 'sandbox:7@8' });
    assert.equal(referenceTo(snapshotOf(odd), odd), 'sandbox:7@8');
  });

  it('nor is a key that has the name in it: where an engine has no other id', () => {
    const text = fc.stringMatching(/^[${}a:]*$/);
    fc.assert(
      fc.property(text, text, (name, key) => {
        const odd = makeContainer(name, { net: 1 }, { key });
        try {
          assert.ok(!referenceTo(snapshotOf(odd), odd).includes('${'));
        } catch (error) {
          assert.ok(error instanceof UserError && name.includes('${') && key.includes('${'), String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the plan of a task', () => {
  const web = makeContainer('web', { net: 1, mnt: 2 }, { pid: 5 });
  const presets = new Map([
    ['All', { types: 'all' }],
    ['Names', { types: ['uts', 'net'], as: 'root' }],
  ] as const);
  const context = { uid: 1000, shell: '/bin/zsh', preset: (name: string) => presets.get(name as 'All') };
  const plan = (definition: object, ...containers: (typeof web)[]): TaskPlan =>
    planTask(
      parseDefinition({ ...LEAST, ...definition }),
      snapshotOf(...(containers.length ? containers : [web])),
      context,
    );
  const typesOf = ({ plan: { joins } }: TaskPlan): [number, string[]][] =>
    joins.map(({ pid, types }) => [pid, types.map(({ type }) => type)]);

  it('is as the user, with command and arguments, in what the container has of its own', () => {
    const planned = plan({ namespaces: ['net', 'user'], args: ['test'] });
    assert.deepEqual([planned.plan.as, planned.plan.command], ['me', ['npm', 'test']]);
    assert.deepEqual(typesOf(planned), [[5, ['net']]]);
    assert.deepEqual(planned.plan.keepEnvironment, true);
  });

  it('is in the network where nothing is said', () => {
    assert.deepEqual(typesOf(plan({})), [[5, ['net']]]);
  });

  it('is what a preset says, and the task’s own word counts for more', () => {
    assert.deepEqual(typesOf(plan({ preset: 'All' })), [[5, ['net', 'mnt']]]);
    assert.deepEqual(typesOf(plan({ preset: 'Names' })), [[5, ['net']]]);
    assert.equal(plan({ preset: 'Names' }).plan.as, 'root');
    assert.equal(plan({ preset: 'Names', as: 'me' }).plan.as, 'me');
    assert.throws(() => plan({ preset: 'Nothing' }), /no preset called "Nothing"/);
  });

  it('is as someone else only where that is written', () => {
    for (const as of ['root', 'target', 'me'] as const) assert.equal(plan({ as, namespaces: ['mnt'] }).plan.as, as);
    assert.deepEqual(plan({ as: '1000:100' }).plan.as, { other: '1000:100' });
  });

  it('gives a shell command to a shell as the one string that was written: the user’s, or the container’s', () => {
    const shellCommand = 'a "$HOME" | b; c';
    const planOf = (namespaces: string[]): TaskPlan =>
      planTask(
        parseDefinition({ type: 'namespace', container: 'web', shellCommand, namespaces }),
        snapshotOf(web),
        context,
      );
    assert.deepEqual(planOf(['net']).plan.command, ['/bin/zsh', '-c', shellCommand]);
    assert.deepEqual(planOf(['mnt']).plan.command, ['/bin/sh', '-c', shellCommand]);
  });

  it('takes "cwd" for a path of the files that are seen', () => {
    assert.equal(plan({ cwd: 'src' }).directory, null);
    const inside = plan({ cwd: '/src', namespaces: ['mnt'] });
    assert.deepEqual([inside.directory, inside.plan.keepDirectory], ['/src', true]);
    assert.equal(plan({ namespaces: ['mnt'] }).plan.keepDirectory, false);
    assert.throws(() => plan({ cwd: 'src', namespaces: ['mnt'] }), /"cwd" must be an absolute path/);
  });

  it('adds to the container’s environment by env(1), and nothing to a command that keeps the task’s own', () => {
    const env = { A: 'x y', B: '$C' };
    assert.deepEqual(plan({ env }).plan.command, ['npm']);
    assert.deepEqual(plan({ env, namespaces: ['mnt'] }).plan.command, ['env', 'A=x y', 'B=$C', 'npm']);
    assert.throws(() => plan({ env, namespaces: ['mnt'], command: 'a=b' }), /cannot contain =/);
  });

  it('tells before whether it is among the container’s files', () => {
    const enters = (definition: object): boolean => entersFiles(parseDefinition({ ...LEAST, ...definition }), context);
    assert.deepEqual([{}, { namespaces: ['mnt'] }, { preset: 'All' }, { preset: 'Names' }].map(enters), [
      false,
      true,
      true,
      false,
    ]);
  });

  it('is refused where the container shares all of it with the machine', () => {
    assert.throws(() => plan({ namespaces: ['user', 'pid'] }), /"web" has no namespace of its own of .*: user, pid/);
  });

  it('takes any container of a pod for what they share, and no other', () => {
    const inPod = (definition: object, inode: number | null, other = inode): TaskPlan => {
      const members = [inode, other].map((net, index) =>
        makeContainer(`c${index}`, { net, pid: index, mnt: index }, { pod: 'api', pid: 10 + index }),
      );
      return planTask(
        parseDefinition({ type: 'namespace', command: 'x', pod: 'api', ...definition }),
        snapshotOf(...members),
        context,
      );
    };
    assert.deepEqual(typesOf(inPod({}, 7)), [[10, ['net']]]);
    // An ordinary user may not read them.
    assert.deepEqual(typesOf(inPod({}, null)), [[10, ['net']]]);
    assert.throws(() => inPod({}, 7, 8), /matches more than one container/);
    for (const definition of [{ namespaces: ['pid'] }, { namespaces: ['net', 'mnt'] }, { as: 'target' }])
      assert.throws(() => inPod(definition, 7), /matches more than one container/);
  });

  it('of all namespaces is that of the tree’s own', () => {
    assert.equal(typesOf(plan({ preset: 'All' }))[0]?.[1].length, allOf(web).length);
  });
});
