// Throw-away users for the tests, with a home, a password and a rule for sudo; `remove()` leaves no trace. Needs root.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { end, run, type RunOptions } from './run';

/** How long sudo remembers those of the rule `forgets`. */
export const TICKET_SECONDS = 3;

/** What each rule writes into sudoers. */
const SUDOERS = {
  password: (user: string) => `${user} ALL=(ALL:ALL) ALL\n`,
  nopasswd: (user: string) => `${user} ALL=(ALL:ALL) NOPASSWD: ALL\n`,
  forgets: (user: string) => `Defaults:${user} timestamp_timeout=${TICKET_SECONDS / 60}\n${user} ALL=(ALL:ALL) ALL\n`,
};
export type SudoRule = keyof typeof SUDOERS | 'none';

export interface TestUser {
  readonly name: string;
  readonly password: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** The environment that a login would give. */
  readonly env: Record<string, string>;
  remove(): Promise<void>;
}

export async function makeUser(sudo: SudoRule, name = `lns${randomBytes(3).toString('hex')}`): Promise<TestUser> {
  if (process.getuid?.() !== 0) throw new Error('makeUser: needs root');
  const password = randomBytes(9).toString('base64url');
  const sudoers = `/etc/sudoers.d/${name}`;
  await change('useradd', ['--create-home', '--shell', '/bin/bash', '--comment', 'Linux Namespaces test user', name]);
  const remove = (): Promise<void> => removeUser(name, sudoers);
  try {
    await change('chpasswd', [], { input: `${name}:${password}\n` });
    if (sudo !== 'none') await writeSudoers(sudoers, SUDOERS[sudo](name));
    const uid = Number(await run('id', ['--user', name]));
    const gid = Number(await run('id', ['--group', name]));
    const home = `/home/${name}`;
    const env = {
      HOME: home,
      USER: name,
      LOGNAME: name,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
    };
    return { name, password, uid, gid, home, env, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** One at a time: these programs give up where another one holds the lock on /etc/passwd. */
function change(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  return run('flock', ['/etc/sudoers.d', command, ...args], options);
}

/** A sudoers file with a fault locks everybody out of sudo, so it is checked before it gets its place. */
async function writeSudoers(path: string, text: string): Promise<void> {
  // sudo skips files in sudoers.d whose name has a dot (sudoers(5)), so the draft has no effect.
  const draft = `${path}.draft`;
  writeFileSync(draft, text);
  chmodSync(draft, 0o440);
  try {
    await run('visudo', ['--check', '--quiet', '--file', draft]);
    await run('mv', [draft, path]);
  } finally {
    rmSync(draft, { force: true });
  }
}

async function removeUser(name: string, sudoers: string): Promise<void> {
  rmSync(sudoers, { force: true });
  const uid = Number(await run('id', ['--user', name]));
  await end(processesOf(uid));
  await change('userdel', ['--remove', '--force', name]);
  // What sudo remembers of a user, and the folder that a login may have made.
  for (const path of [`/run/sudo/ts/${name}`, `/var/lib/sudo/lectured/${name}`, `/run/user/${uid}`]) {
    rmSync(path, { recursive: true, force: true });
  }
  if (existsSync(`/home/${name}`)) throw new Error(`removeUser: /home/${name} is still there`);
}

/** Nobody else has this user id, so all its processes are the tests'. */
function processesOf(uid: number): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return pids.filter((pid) => ownerOf(pid) === uid).map(Number);
}

function ownerOf(pid: string): number | undefined {
  try {
    // The real user id: the folder's owner is root where a process made itself undumpable (proc(5)).
    const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return uid === undefined ? statSync(`/proc/${pid}`).uid : Number(uid);
  } catch {
    return undefined;
  }
}
