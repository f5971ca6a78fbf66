// Ends of processes as the kernel tells of them: nothing else is looked at here.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Exits } from '../../helper/scan/exits';
import { waitFor } from '../support/run';

describe('scan: exits', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const start = (): number => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    children.push(child);
    assert.ok(child.pid !== undefined);
    return child.pid;
  };
  const end = async (pid: number): Promise<void> => {
    const child = children.find((one) => one.pid === pid);
    assert.ok(child);
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  /** What it has open. */
  const held = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return (
          readlinkSync(`/proc/self/fd/${fd}`).match(/^anon_inode:\[(?:pidfd|eventfd|eventpoll)\]$|^pidfd:/)?.[0] ?? []
        );
      } catch {
        return [];
      }
    });

  it('are told of each that is followed, also of those that come later, and of no other', async () => {
    let told = 0;
    const before = held().length;
    const exits = new Exits(() => told++);
    const [first, second, left, other] = [start(), start(), start(), start()];
    exits.follow([first, second, left]);
    await end(first);
    await waitFor('the first', () => told === 1);
    exits.follow([second, left]);
    const third = start();
    exits.follow([second, third]);
    await end(left);
    await end(other);
    await end(third);
    await waitFor('the third', () => told === 2);
    await end(second);
    await waitFor('the second', () => told === 3);
    exits.close();
    await waitFor('nothing to be held', () => held().length === before);
    assert.equal(told, 3);
  });

  it('are told of hundreds, the last one’s too, and nothing is kept of any of them', async () => {
    let told = 0;
    const before = held().length;
    const exits = new Exits(() => told++);
    const pids = Array.from({ length: 300 }, start);
    exits.follow(pids);
    // One for each, and the two that are waited with.
    assert.equal(held().length, before + pids.length + 2);
    const last = pids.pop() ?? assert.fail();
    await end(last);
    await waitFor('the last', () => told === 1);
    exits.follow(pids);
    const first = pids.shift() ?? assert.fail();
    await end(first);
    await waitFor('the first', () => told === 2);
    for (const child of children) child.kill('SIGKILL');
    await waitFor('nothing to be held', () => held().length === before);
    exits.close();
  });

  it('are told of as many as there may be open files, and of others once there is room', async () => {
    let told = 0;
    const exits = new Exits(() => told++, 2);
    const [first, second, third] = [start(), start(), start()];
    exits.follow([first, second, third]);
    await end(third);
    await end(first);
    await waitFor('the first', () => told === 1);
    const fourth = start();
    exits.follow([second, fourth]);
    await end(fourth);
    await waitFor('the fourth', () => told === 2);
    exits.close();
  });

  it('are told long after they were asked for', async () => {
    let told = 0;
    const exits = new Exits(() => told++);
    const pid = start();
    exits.follow([pid]);
    await sleep(2_500);
    assert.equal(told, 0);
    await end(pid);
    await waitFor('the end', () => told === 1);
    exits.close();
  });

  it('are not told once nobody wants to hear of them, and nothing is kept for it', async () => {
    let told = 0;
    const before = held().length;
    const exits = new Exits(() => told++);
    const pids = [start(), start()];
    exits.follow(pids);
    assert.ok(held().length > before);
    exits.close();
    for (const pid of pids) await end(pid);
    await waitFor('nothing to be held', () => held().length === before);
    assert.equal(told, 0);
  });

  it('pass over a process that is gone', async () => {
    let told = 0;
    const exits = new Exits(() => told++);
    const [gone, there] = [start(), start()];
    await end(gone);
    exits.follow([gone, there]);
    await end(there);
    await waitFor('the other', () => told === 1);
    exits.close();
  });
});
