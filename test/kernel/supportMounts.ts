// A mount namespace like that of most machines, where systemd has every mount spread to all copies of its namespace
// (mount_namespaces(7), "shared"); what is mounted in a copy without care is seen in it afterwards. Nobody else mounts in there.
import { readFileSync } from 'node:fs';
import { waitFor } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { commOf } from './support';

export interface SharedMounts {
  /** A command line that runs another one in there. */
  inside(argv: readonly string[]): string[];
  /** What is mounted in there: lines of /proc/PID/mountinfo. */
  list(): string[];
  stop(): Promise<void>;
}

export async function shareMounts(): Promise<SharedMounts> {
  // What unshare(1) has made is private: nothing of this reaches the machine's own.
  const command = ['bash', '-euc', 'mount --make-rshared /; exec -a sandbox sleep 1000000'];
  const box = await startSandbox({ types: ['mnt'], command });
  await waitFor('shared mounts', () => commOf(box.pid) === 'sleep');
  return {
    inside: (argv) => ['nsenter', `--mount=/proc/${box.pid}/ns/mnt`, '--', ...argv],
    list: () => readFileSync(`/proc/${box.pid}/mountinfo`, 'utf8').trim().split('\n'),
    stop: () => box.stop(),
  };
}
