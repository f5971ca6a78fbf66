// The process that looks at the machine for the extension host, from its start to its end: a program stands in for the helper.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Discovery } from '../../extension/discover/discovery';
import { LineProcess, type ProcessEnd } from '../../extension/discover/lineProcess';
import type { News, Order } from '../../extension/discover/orders';
import { UnlockError } from '../../extension/discover/unlockError';
import type { Snapshot } from '../../extension/model/container';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { discoveryCommand } from '../support/discoveryCommand';
import { isRunning, waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';

/** Prints the document of its name, and that again at each look, until its input ends or it is told to end by a file. */
const HELPER = `
const { existsSync, readFileSync } = require('node:fs');
const name = process.env.NAME ?? 'user';
let looks = 0;
const print = () => process.stdout.write(JSON.stringify({ ...JSON.parse(readFileSync(__dirname + '/' + name)), looks }) + '\\n');
print();
if (process.argv.includes('=--watch')) {
  process.stdin.setEncoding('utf8').on('data', (text) => { if (text.includes('look')) { looks++; print(); } });
  process.stdin.on('end', () => process.exit());
  setInterval(() => { if (existsSync(__dirname + '/end-' + name)) { console.error('told to end'); process.exit(3); } }, 20);
}
`;

describe('the process that looks', () => {
  let folder = '';
  let discovery: Discovery;
  let seen: Snapshot[];
  let language: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-discovery-'));
    language = 'en';
    seen = [];
    writeFileSync(join(folder, 'helper.js'), HELPER);
    writeFileSync(join(folder, 'user'), documentOf('users'));
    writeFileSync(join(folder, 'root'), documentOf('roots'));
    discovery = new Discovery(
      () => discoveryCommand(language),
      () => ({
        runtime: runtimeOf(join(folder, 'helper.js')),
        dockerHost: join(folder, 'none.sock'),
        env: { HOME: folder, XDG_RUNTIME_DIR: folder },
        unixSockets: '/dev/null',
      }),
      (what, error) => {
        throw new Error(what, { cause: error });
      },
    );
  });
  afterEach(async () => {
    discovery.dispose();
    await waitFor('the process to end', () => children().length === 0);
    rmSync(folder, { recursive: true });
  });

  const start = (): void => {
    discovery.start((snapshot) => seen.push(snapshot));
  };
  const shows = (name: string): Promise<boolean> =>
    waitFor(`${name} to be shown`, () => seen.at(-1)?.containers.some((container) => container.name === name) === true);
  const onlyChild = async (): Promise<number> => {
    const [pid, ...others] = await waitFor('the process', () => (children().length > 0 ? children() : null));
    assert.deepEqual(others, []);
    return pid ?? 0;
  };
  const rootCommand = (): Parameters<Discovery['unlock']>[0] => ({
    command: process.execPath,
    args: [join(folder, 'helper.js'), '=--watch'],
    env: { ...process.env, NAME: 'root' },
  });

  it('is not there before somebody asks, and no longer than they need it', async () => {
    assert.deepEqual(children(), []);
    const { containers } = await discovery.look();
    assert.deepEqual(
      containers.map(({ name }) => name),
      ['users'],
    );
    await waitFor('its end', () => children().length === 0);
    start();
    await shows('users');
    const pid = await onlyChild();
    await discovery.look();
    assert.equal(await onlyChild(), pid, 'one more was started');
    discovery.stop();
    await waitFor('its end', () => !isRunning(pid));
  });

  it('keeps the objects of a picture that it has seen before, though it was another process', async () => {
    const [before, after] = [await discovery.look(), await discovery.look()];
    assert.ok(before.containers.length > 0);
    before.containers.forEach((container, at) => {
      assert.equal(after.containers[at], container);
    });
  });

  it('is started again where it ends by itself: meanwhile what was seen stays, and a line says why', async () => {
    start();
    await shows('users');
    const pid = await onlyChild();
    process.kill(pid, 'SIGKILL');
    await waitFor('a note', () =>
      seen.at(-1)?.notes.some((note) => note.startsWith('Looking at the machine failed: ')),
    );
    assert.deepEqual(
      seen.at(-1)?.containers.map(({ name }) => name),
      ['users'],
    );
    await waitFor('another picture', () => seen.at(-1)?.notes.every((note) => !note.startsWith('Looking at')));
    await shows('users');
    assert.notEqual(await onlyChild(), pid);
  });

  it('fails those who wait for it where it ends, in one line', async () => {
    start();
    await shows('users');
    process.kill(await onlyChild(), 'SIGSTOP');
    const looked = discovery.look();
    process.kill(await onlyChild(), 'SIGKILL');
    await assert.rejects(looked, { message: /^Looking at the machine failed: [^\n]+$/ });
  });

  it('says why it cannot be started', async () => {
    const missing = new Discovery(
      () => ({ command: '/nowhere/node', args: [], env: {} }),
      () => ({ runtime: runtimeOf(''), env: {} }),
      () => undefined,
    );
    await assert.rejects(missing.look(), { message: 'Looking at the machine failed: spawn /nowhere/node ENOENT' });
    missing.dispose();
  });

  it('runs what sees as root, stays for it where nobody follows, and goes back at a word', async () => {
    start();
    await shows('users');
    const ends: ProcessEnd[] = [];
    await discovery.unlock(rootCommand(), (end) => ends.push(end));
    assert.ok(discovery.unlocked);
    await shows('roots');
    discovery.stop();
    const pid = await onlyChild();
    assert.deepEqual(
      (await discovery.look()).containers.map(({ name }) => name),
      ['roots'],
    );
    assert.equal(await onlyChild(), pid);
    discovery.lock();
    assert.ok(!discovery.unlocked);
    await waitFor('its end', () => !isRunning(pid));
    assert.deepEqual(ends, []);
    assert.deepEqual(
      (await discovery.look()).containers.map(({ name }) => name),
      ['users'],
    );
  });

  it('says why nothing runs as root, and when what did has ended', async () => {
    start();
    await shows('users');
    const refused = discovery.unlock(
      { ...rootCommand(), args: ['-e', 'console.error("not you"); process.exit(9)'] },
      () => {
        assert.fail('it never ran');
      },
    );
    await assert.rejects(refused, (error) => {
      assert.ok(error instanceof UnlockError);
      assert.deepEqual([error.end.code, error.end.said, error.end.missing], [9, 'not you', false]);
      return true;
    });
    assert.ok(!discovery.unlocked);
    const ends: ProcessEnd[] = [];
    await discovery.unlock(rootCommand(), (end) => ends.push(end));
    writeFileSync(join(folder, 'end-root'), '');
    await waitFor('its end', () => ends.length > 0);
    assert.deepEqual([ends[0]?.code, ends[0]?.said], [3, 'told to end']);
    assert.ok(!discovery.unlocked);
    await shows('users');
  });

  it('is locked again where it ends itself while something runs as root', async () => {
    start();
    await shows('users');
    const ends: ProcessEnd[] = [];
    await discovery.unlock(rootCommand(), (end) => ends.push(end));
    process.kill(await onlyChild(), 'SIGKILL');
    await waitFor('to be told', () => ends.length > 0);
    assert.ok(!discovery.unlocked);
    await waitFor('the user’s again', () => seen.at(-1)?.containers[0]?.name === 'users');
  });

  it('ends by whatever it did not expect with what that was, for people and for the log', async () => {
    const printed: string[] = [];
    const end = await new Promise<ProcessEnd>((resolve) => {
      const program = new LineProcess(discoveryCommand(), (lines) => printed.push(lines.toString()), resolve);
      program.say('no order');
    });
    assert.match(end.said, /^Unexpected token .* is not valid JSON$/);
    const [failed] = printed.map((line) => JSON.parse(line) as News);
    assert.ok(failed?.news === 'failed');
    assert.match(failed.error, /^SyntaxError: .*\n +at /);
  });

  it('ends with whoever started it, and so does all that it has started', async () => {
    const { command, args } = discoveryCommand();
    const starter = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.argv[1], process.argv.slice(2), { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.write(process.env.ORDER + '\\n');
      child.stdout.once('data', () => console.log(child.pid));`;
    const options = { runtime: runtimeOf(join(folder, 'helper.js')), env: { HOME: folder }, unixSockets: '/dev/null' };
    const env = { ...process.env, ORDER: JSON.stringify({ order: 'start', options } satisfies Order) };
    const parent = spawn(process.execPath, ['-e', starter, '--', command, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const helpers = childrenOf(pid);
    assert.ok(helpers.length > 0);
    parent.kill('SIGKILL');
    await waitFor('their end', () => ![pid, ...helpers].some(isRunning));
  });

  it('speaks the editor’s language', async () => {
    language = 'zh-cn';
    const { notes } = await discovery.look();
    assert.match(notes.join(), /没有此套接字|套接字/);
  });
});

/** Those that this one has started and that still run. */
const children = (): number[] => childrenOf(process.pid);

function childrenOf(parent: number): number[] {
  return readdirSync(`/proc/${parent}/task`)
    .flatMap((task) => readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' '))
    .map(Number)
    .filter((pid) => pid > 0 && isRunning(pid));
}

function documentOf(name: string): string {
  return JSON.stringify(scanDocument({ containers: [scanned(42, { name })] }));
}
