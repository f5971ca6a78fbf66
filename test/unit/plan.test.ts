// What is to be entered and how, and that the helper reads from its command line just what was planned.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { helperArguments, planEntry, planNew, type EnterPlan } from '../../extension/plan/enterPlan';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import { helperCommand, type Needs } from '../../extension/shared/helperCommand';
import { parseEnter } from '../../helper/enter/arguments';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { shield, unshield } from '../../helper/protocol';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 10, mnt: 20, pid: 30 }, { pid: 111, startTime: 5 });
const api = makeContainer('api', { net: 40, ipc: null }, { pid: 222, startTime: 6 });
const own = makeContainer('own', { user: 60, net: 61, mnt: 62 }, { pid: 333, uid: 1000 });
const inDirectory = { directory: '/work', envFile: null };
const enter = (plan: EnterPlan): string[] => helperArguments(plan, inDirectory);

describe('the plan', () => {
  const PLANS: [string, readonly Chosen[], number, Partial<EnterPlan>][] = [
    [
      'network alone: the user with everything of theirs',
      only(web, ['net']),
      1000,
      { title: 'web:net', as: 'me', needsRoot: true, keepEnvironment: true, keepDirectory: true },
    ],
    [
      'all of it: as the container’s own process',
      allOf(web),
      1000,
      { title: 'web', as: 'target', needsRoot: true, keepEnvironment: false, keepDirectory: false },
    ],
    ['files alone', only(web, ['mnt']), 1000, { title: 'web:mnt', as: 'target', keepEnvironment: false }],
    ['all of one without files of its own', allOf(api), 1000, { title: 'api:net+ipc', as: 'me', keepDirectory: true }],
    [
      'of two',
      [...only(web, ['mnt', 'pid']), ...only(api, ['net'])],
      1000,
      { title: 'web:mnt+pid api:net', as: 'target', needsRoot: true },
    ],
    ['root needs no root', only(web, ['net']), 0, { needsRoot: false }],
    ['the user’s own container needs no root', allOf(own), 1000, { needsRoot: false }],
  ];
  for (const [what, chosen, uid, expected] of PLANS) {
    it(what, () => {
      const plan = planEntry(chosen, uid);
      const subset = Object.fromEntries(Object.keys(expected).map((key) => [key, plan[key as keyof EnterPlan]]));
      assert.deepEqual(subset, expected);
    });
  }

  it('a copy of the mounts is made where a process’s files are entered, not where a file keeps them', () => {
    const kept = only(web, ['mnt']).map((choice) => ({ ...choice, path: '/run/kept' }));
    const joinsMnt = [allOf(web), only(web, ['net']), kept].map((chosen) => planEntry(chosen, 1000).joinsMnt);
    assert.deepEqual(joinsMnt, [true, false, false]);
  });

  it('new namespaces: with a user namespace among them nobody needs root, and is root in there', () => {
    const without = planNew(['net', 'uts'], 1000);
    assert.deepEqual([without.title, without.as, without.needsRoot], ['new net+uts', 'me', true]);
    const own = planNew(['user', 'net'], 1000);
    assert.deepEqual([own.as, own.needsRoot], ['root', false]);
    assert.equal(planNew(['net'], 0).needsRoot, false);
  });

  it('network of the user’s own container: its user namespace is joined too, which gives the right to', () => {
    const [join] = planEntry(only(own, ['net']), 1000).joins;
    assert.deepEqual(join?.types, [
      { type: 'user', inode: 60 },
      { type: 'net', inode: 61 },
    ]);
    assert.deepEqual(planEntry(only(own, ['net']), 0).joins[0]?.types, [{ type: 'net', inode: 61 }]);
  });

  it('a user namespace that may not be read, or two containers: root is needed', () => {
    const locked = makeContainer('locked', { user: null, net: 71 });
    assert.equal(planEntry(only(locked, ['net']), 1000).needsRoot, true);
    assert.equal(planEntry([...only(own, ['net']), ...only(web, ['mnt'])], 1000).needsRoot, true);
  });

  it('a container of which no process is to be seen is refused by its name', () => {
    const unseen = makeContainer('far\n', { net: 1 }, { pid: 0, startTime: null });
    assert.throws(
      () => planEntry(only(unseen, ['net']), 1000),
      /^\S*Error: no process of far .* cannot be entered from here$/,
    );
  });

  it('a name of a stranger’s is text on a terminal’s tab', () => {
    const odd = makeContainer(`\u001b]0;x\u0007$(rm)\n${'y'.repeat(1000)}`, { net: 1, uts: 2 });
    const { title } = planEntry(only(odd, ['net']), 1000);
    assert.doesNotMatch(title, /\p{Cc}|\$\(/u);
    assert.ok(title.length <= 60, title);
    assert.match(title, /:net$/);
  });
});

describe('the helper’s arguments', () => {
  const LINES: [EnterPlan, string][] = [
    [planEntry(only(web, ['net']), 1000), 'enter --target 111@5 --join net=10 --as me --cwd /work'],
    [planNew(['user', 'net'], 1000), 'enter --new user,net --as root --cwd /work'],
    [planEntry(only(web, ['net']), 0, [], { other: '5:6' }), 'enter --target 111@5 --join net=10 --as 5:6 --cwd /work'],
    [planEntry(allOf(api), 1000), 'enter --target 222@6 --join ipc,net=40 --as me --cwd /work'],
    [planEntry(allOf(web), 1000), 'enter --target 111@5 --join net=10,pid=30,mnt=20 --as target'],
    [
      planEntry(allOf(web), 1000, ['ls', '-l']),
      'enter --target 111@5 --join net=10,pid=30,mnt=20 --as target -- ls -l',
    ],
    [
      planEntry(only(web, ['net']), 0, ['--as', 'root'], 'root'),
      'enter --target 111@5 --join net=10 --as root --cwd /work -- --as root',
    ],
  ];
  for (const [plan, line] of LINES) {
    it(line, () => {
      assert.equal(enter(plan).join(' '), line);
    });
  }

  it('name the file of the environment, and have it removed', () => {
    const args = helperArguments(planEntry(only(web, ['net']), 1000), { directory: '/a b', envFile: '/run/e' });
    assert.deepEqual(args.slice(-5), ['--cwd', '/a b', '--environment-file', '/run/e', '--remove-environment-file']);
  });

  const container = fc.record({
    name: fc.string({ unit: 'binary' }),
    pid: fc.integer({ min: 1, max: 4194304 }),
    startTime: fc.nat(),
    own: fc.uniqueArray(fc.constantFrom(...NAMESPACE_NAMES), { minLength: 1 }),
    inode: fc.option(fc.integer({ min: 1, max: 0xffffffff })),
  });
  const argument = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''));
  const path = argument.map((text) => `/${text}`);

  it('say to the helper what was planned, whatever the containers, the command and the paths are', () => {
    fc.assert(
      fc.property(
        fc.array(container, { minLength: 1, maxLength: 3 }),
        fc.array(argument, { maxLength: 4 }),
        fc.constantFrom('me', 'target', 'root', undefined),
        path,
        fc.option(path),
        fc.constantFrom(0, 1000),
        (containers, rest, as, directory, envFile, uid) => {
          const seen = new Set<string>();
          const chosen = containers.flatMap(({ name, pid, startTime, own, inode }, index): Chosen[] => {
            const types = Object.fromEntries(own.map((type) => [type, inode]));
            const made = makeContainer(name, types, { key: `docker:${index}`, pid, startTime });
            return allOf(made).filter(({ namespace }) => !seen.has(namespace.type) && seen.add(namespace.type));
          });
          const command = rest.length === 0 ? [] : ['command', ...rest];
          const plan = planEntry(chosen, uid, command, as);
          const [verb, ...args] = helperArguments(plan, { directory, envFile });
          const request = parseEnter(args);

          assert.equal(verb, 'enter');
          const planned = plan.joins.flatMap(({ pid, startTime, types }) =>
            types.map(({ type, inode }) => ({ type, inode, from: { target: { pid, startTime } } })),
          );
          assert.deepEqual(request.joins, planned);
          assert.deepEqual(request.command, command);
          assert.equal(request.as, plan.as);
          assert.equal(request.cwd, plan.keepDirectory ? directory : null);
          assert.equal(request.envFile, envFile);
          assert.equal(request.removeEnvFile, envFile !== null);
          assert.deepEqual([request.make, request.root, request.verbose], [[], null, false]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('the command line with the rights it needs', () => {
  const runtime = {
    execPath: '/opt/node',
    electron: false,
    nodeOptions: ['--some'],
    helperPath: '/opt/helper.js',
    uid: 1000,
    sudo: 'sudo',
    unshare: true,
  };
  const ELECTRON = { electron: true, nodeOptions: [] };
  const CASES: [Partial<typeof runtime>, boolean, string][] = [
    [{}, true, 'sudo -- /opt/node --some --no-lazy -- /opt/helper.js =enter =x'],
    [{}, false, '/opt/node --some --no-lazy -- /opt/helper.js =enter =x'],
    [{ sudo: '/usr/bin/sudo' }, true, '/usr/bin/sudo -- /opt/node --some --no-lazy -- /opt/helper.js =enter =x'],
    [ELECTRON, true, 'sudo -- /usr/bin/env ELECTRON_RUN_AS_NODE=1 /opt/node -- /opt/helper.js =enter =x'],
    [ELECTRON, false, '/usr/bin/env ELECTRON_RUN_AS_NODE=1 /opt/node -- /opt/helper.js =enter =x'],
  ];
  const lineOf = (change: Partial<typeof runtime>, needs: Needs): string => {
    const { command, args } = helperCommand({ ...runtime, ...change }, ['enter', 'x'], needs);
    return [command, ...args].join(' ');
  };
  for (const [change, needsRoot, line] of CASES) {
    it(line, () => {
      assert.equal(lineOf(change, { needsRoot, joinsMnt: false }), line);
    });
  }

  it('has no argument that Node could take for an option of its own, and says what it said', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        const shielded = shield(args);
        assert.ok(shielded.every((argument) => !argument.startsWith('-')));
        assert.deepEqual(unshield(shielded), args);
      }),
    );
    const byHand = ['enter', '--', 'echo', '=x'];
    assert.deepEqual(unshield(byHand), byHand);
  });

  it('is made in one place for every start of the helper', () => {
    // Whoever starts it has to name it.
    const sources = readdirSync('extension', { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.ts'),
    );
    const naming = sources.filter((path) => readFileSync(join('extension', path), 'utf8').includes('helperPath'));
    assert.deepEqual(naming.sort(), ['parts/given.ts', 'shared/helperCommand.ts']);
  });

  it('root enters a filesystem in mounts of its own, so that nobody in there can write to what it runs', () => {
    const unshare = '/usr/bin/unshare --mount --';
    const enter = '/opt/helper.js =enter =--own-mounts =x';
    const [asRoot, byRoot] = [
      { needsRoot: true, joinsMnt: true },
      { needsRoot: false, joinsMnt: true },
    ];
    assert.equal(lineOf({}, asRoot), `sudo -- ${unshare} /opt/node --some --no-lazy -- ${enter}`);
    assert.equal(lineOf({ uid: 0 }, byRoot), `${unshare} /opt/node --some --no-lazy -- ${enter}`);
    const electron = `/usr/bin/env ELECTRON_RUN_AS_NODE=1 ${unshare} /opt/node`;
    assert.equal(lineOf(ELECTRON, asRoot), `sudo -- ${electron} -- ${enter}`);
    for (const line of [lineOf({}, byRoot), lineOf({ unshare: false }, asRoot)]) assert.doesNotMatch(line, /mount/);
  });
});
