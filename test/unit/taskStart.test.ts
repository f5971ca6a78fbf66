// What a task's launcher is answered when it starts: looked up now, waited for where that is asked, never unless trusted.
import assert from 'node:assert/strict';
import type { LaunchAnswer } from '../../extension/launch/protocol';
import { encodeFields } from '../../extension/tasks/fields';
import { taskResolver } from '../../extension/tasks/startTask';
import { makeContainer, snapshotOf } from './containerFixture';

const TASK = { type: 'namespace', container: 'web', command: 'npm', args: ['run', 'a b'] };
const web = makeContainer('web', { net: 7, mnt: 8 }, { pid: 5, startTime: 6 });

describe('a task that starts', () => {
  let looks: number;
  let appearsAt: number;
  let trusted: boolean;
  let notes: string[];
  let pauses: number[];
  let shown: string[];
  let gone: AbortController;
  let cancelled: AbortController;
  beforeEach(() => {
    [looks, appearsAt, trusted, notes, pauses, shown] = [0, 1, true, [], [], []];
    [gone, cancelled] = [new AbortController(), new AbortController()];
  });

  const resolve = taskResolver({
    inventory: {
      refresh: () => Promise.resolve((looks += 1) >= appearsAt ? snapshotOf(web) : snapshotOf()),
    },
    isTrusted: () => trusted,
    runtime: () => ({
      execPath: '/node',
      electron: false,
      nodeOptions: ['--some'],
      helperPath: '/h.js',
      uid: 1000,
      sudo: 'sudo',
      unshare: true,
    }),
    context: () => ({ shell: '/bin/bash', preset: () => undefined }),
    pause: (milliseconds, signal) => {
      pauses.push(milliseconds);
      // No real time passes; only somebody who has gone, or who cancels, ends it.
      return signal.aborted ? Promise.reject(new Error('gone')) : Promise.resolve();
    },
    showWait: (title, wait) => {
      shown.push(title);
      return wait(cancelled.signal);
    },
  });
  const start = (change: object = {}): Promise<LaunchAnswer> =>
    resolve(encodeFields({ ...TASK, ...change }), {
      directory: '/work',
      envFile: '/run/e',
      note: (text) => notes.push(text),
      signal: gone.signal,
    });
  const lineOf = (answer: LaunchAnswer): string =>
    'command' in answer ? [answer.command, ...answer.args].join(' ').replaceAll(' =', ' ') : '';

  it('becomes the helper’s command line for the container as it is now', async () => {
    assert.equal(
      lineOf(await start()),
      'sudo -- /node --some --no-lazy -- /h.js enter --target 5@6 --join net=7 --as me --cwd /work --environment-file /run/e --remove-environment-file -- npm run a b',
    );
    assert.deepEqual([looks, notes], [1, []]);
  });

  it('starts where the container’s own files say, when it is among them', async () => {
    const line = lineOf(await start({ namespaces: ['mnt'], cwd: '/srv', as: 'target' }));
    assert.match(line, /--join mnt=8 --as target --cwd \/srv -- npm run a b$/);
  });

  it('is not run in a workspace that is not trusted, and nothing is looked at', async () => {
    trusted = false;
    await assert.rejects(start(), /workspace is not trusted/);
    assert.equal(looks, 0);
  });

  it('fails at once where its container is not there', async () => {
    appearsAt = Infinity;
    await assert.rejects(start(), /container "web" is not running/);
    await assert.rejects(start({ waitFor: false }), /container "web" is not running/);
    assert.deepEqual([looks, notes, pauses, shown], [2, [], [], []]);
  });

  it('waits for it where that is asked, and says so once', async () => {
    appearsAt = 4;
    assert.match(lineOf(await start({ waitFor: true })), /--target 5@6/);
    assert.deepEqual([looks, notes.length, pauses.length], [4, 1, 3]);
    assert.match(notes[0] ?? '', /^Waiting for container "web" to start/);
    assert.deepEqual(shown, ['Waiting for container "web" to start']);
  });

  it('waits no longer than asked', async () => {
    appearsAt = Infinity;
    await assert.rejects(start({ waitFor: 0.01 }), /container "web" is not running/);
    assert.ok(pauses.length > 0 && pauses.every((pause) => pause <= 10));
  });

  it('ends the wait when the task is ended', async () => {
    appearsAt = Infinity;
    gone.abort();
    await assert.rejects(start({ waitFor: true }), /gone/);
    assert.equal(looks, 1);
  });

  it('ends the wait when it is cancelled, and says so', async () => {
    appearsAt = Infinity;
    cancelled.abort();
    await assert.rejects(start({ waitFor: true }), /^UserError: the wait for container "web" was cancelled$/);
    assert.equal(looks, 1);
  });

  it('waits for nothing else: what is wrong stays wrong', async () => {
    for (const change of [{ namespaces: ['pid'] }, { preset: 'none' }, { as: 'admin' }])
      await assert.rejects(start({ ...change, waitFor: true }));
    assert.deepEqual(pauses, []);
  });
});
