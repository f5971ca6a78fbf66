// An application of Flatpak's, made on the spot and run by a user: no repository is asked, and no bus of the machine.
import { chownSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { background, end, isRunning, run, waitFor } from '../support/run';
import { makeUser, type TestUser } from '../support/users';
import type { Expected } from './scanEngines';
import { readText, type Undo } from './undo';

const RUNTIME = 'org.example.Platform';
const APPLICATION = 'org.example.Demo';

export async function startFlatpak(folder: string, undo: Undo): Promise<Expected[]> {
  const user = await makeUser('none');
  // With it end all who wait on its bus.
  undo.push(() => user.remove());
  const own = join(folder, 'own');
  mkdirSync(join(own, 'run'), { recursive: true, mode: 0o700 });
  for (const path of [own, join(own, 'run')]) chownSync(path, user.uid, user.gid);
  const asUser = await withBus(own, user, undo);
  const flatpak = (...args: string[]): Promise<string> => run('env', asUser('flatpak', ...args), { cwd: own });

  const arch = (await flatpak('--default-arch')).trim();
  const runtime = `${RUNTIME}/${arch}/1`;
  makeParts(folder, runtime);
  await flatpak('build-export', '--disable-sandbox', '--runtime', 'repo', join(folder, 'runtime'), '1');
  await flatpak('build-export', '--disable-sandbox', 'repo', join(folder, 'application'));
  await flatpak('--user', 'remote-add', '--no-gpg-verify', 'test', 'repo');
  await flatpak('--user', 'install', '--noninteractive', 'test', APPLICATION);

  const log = join(folder, 'flatpak.log');
  const started = await background('env', asUser('flatpak', 'run', APPLICATION, '1000000'), log, { cwd: own });
  undo.push(() => end([started.pid]));
  return waitFor('the application to run', async () => {
    if (!isRunning(started.pid)) throw new Error(readText(log));
    const listed = await flatpak('ps', '--columns=instance,child-pid,application,runtime,arch,runtime-branch');
    const [id = '', pid = '', name = '', ...from] = listed.trim().split('\t');
    const [child = ''] = readText(`/proc/${pid}/task/${pid}/children`).split(' ');
    if (!readText(`/proc/${child}/cmdline`).startsWith('sleep')) return null;
    return [{ engine: 'flatpak', id, name, pid: Number(pid), image: from.join('/'), user: user.name, rootless: true }];
  });
}

/** Arguments of env(1) that run a program as the user, with a bus of its own in the place of the machine's and user's. */
async function withBus(own: string, user: TestUser, undo: Undo): Promise<(...argv: string[]) => string[]> {
  const bus = `unix:path=${own}/bus`;
  const env = {
    ...user.env,
    XDG_RUNTIME_DIR: join(own, 'run'),
    DBUS_SESSION_BUS_ADDRESS: bus,
    // Flatpak asks there whether the user may run the application, and takes it for a yes that nobody answers.
    DBUS_SYSTEM_BUS_ADDRESS: bus,
  };
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const setpriv = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--'];
  const asUser = (...argv: string[]): string[] => ['--ignore-environment', ...variables, ...setpriv, ...argv];
  const log = join(own, 'bus.log');
  const daemon = await background('env', asUser('dbus-daemon', '--session', '--nofork', `--address=${bus}`), log);
  undo.push(() => end([daemon.pid]));
  await waitFor('the bus', () => {
    if (!isRunning(daemon.pid)) throw new Error(readText(log));
    return existsSync(join(own, 'bus'));
  });
  return asUser;
}

/** What `flatpak build-init` and `build-finish` leave: a runtime of busybox, and an application that has nothing of its own. */
function makeParts(folder: string, runtime: string): void {
  const bin = join(folder, 'runtime/usr/bin');
  mkdirSync(bin, { recursive: true });
  for (const path of ['runtime/files', 'application/files', 'application/export']) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  cpSync('/bin/busybox', join(bin, 'busybox'));
  symlinkSync('busybox', join(bin, 'sleep'));
  const write = (path: string, ...lines: string[]): void => {
    writeFileSync(join(folder, path, 'metadata'), `${lines.join('\n')}\n`);
  };
  const from = [`runtime=${runtime}`, `sdk=${runtime}`];
  write('runtime', '[Runtime]', `name=${RUNTIME}`, ...from);
  write('application', '[Application]', `name=${APPLICATION}`, ...from, 'command=sleep');
}
