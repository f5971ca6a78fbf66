// Findings about programs: sudo and its kin, the runtime, an installed copy.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { reason } from '../errors';
import { activePolicy } from '../install/policy';
import { commandScript, nodeOfScript } from '../install/install';
import { foreignLibrary } from '../install/libraries';
import { HELPER_FILES, PATHS } from '../install/paths';
import { isRootsAlone } from '../install/trust';
import { statusNumbers } from '../procStat';
import type { Finding } from './doctor';
import { type Sentence, spoken, t, verbatim } from './sentence';

export function checkTools(): Finding[] {
  return [checkSudo(), checkVisudo(), checkRuntime(), checkInstalled()];
}

/** Where systems have the programs that only root can replace; NixOS has its set-user-ID ones in the last. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/local/bin', '/run/wrappers/bin'];

/** A program to be asked for its version. Never by PATH, which is anybody's, and doctor may be run by root. */
function find(program: string): string | null {
  return FOLDERS.map((folder) => join(folder, program)).find(isRootsAlone) ?? null;
}

/** First line of a program's own word on its version. It is given no terminal to ask on. */
function versionOf(path: string, ...args: string[]): Sentence {
  const result = spawnSync(path, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 3000 });
  if (result.error) return t('{0} does not start: {1}', path, reason(result.error));
  return verbatim(`${result.stdout}${result.stderr}`.split('\n')[0]?.trim() ?? '');
}

function checkSudo(): Finding {
  const id = 'sudo';
  // sudo-rs has the name for itself on some systems, and is found by its own on others.
  const [sudo, doas] = [find('sudo') ?? find('sudo-rs'), find('doas')];
  const path = sudo ?? doas;
  if (path === null) {
    return {
      id,
      state: process.geteuid?.() === 0 ? 'limited' : 'missing',
      found: [t('neither sudo nor doas')],
      advice: t('only your own rootless containers can be entered; install sudo for the others'),
    };
  }
  // doas has no option for its version; without arguments it says how it is used.
  const version = sudo === null ? 'doas' : spoken(versionOf(sudo, '--version'));
  const found = [
    verbatim(`${path}: ${version}`),
    ...(sudo !== null && doas !== null ? [t('{0} is installed too', doas)] : []),
  ];
  const obstacle = obstacleTo(path);
  if (obstacle) return { id, state: 'missing', found, advice: obstacle };
  const advice = basename(path) === 'sudo' ? ofOldSudoRs(version) : t('set namespaces.sudo.path to {0}', path);
  return { id, state: advice ? 'limited' : 'ok', found, advice };
}

/** What sudo-rs has learned late: `--askpass` in 0.2.11, a `*` for all that follows a verb in sudoers in 0.2.13. */
function ofOldSudoRs(version: string): Sentence | undefined {
  const patch = /^sudo-rs 0\.(?:[01]\.\d+|2\.(\d+))/.exec(version);
  if (!patch || Number(patch[1] ?? 0) >= 13) return undefined;
  return t(
    'sudo-rs before {0} asks for a password whatever install --allow has allowed, and before {1} not in the editor for Unlock; upgrade it, or set namespaces.sudo.path to another sudo',
    '0.2.13',
    '0.2.11',
  );
}

/** Why a set-user-ID program would not run as root here. */
function obstacleTo(path: string): Sentence | null {
  const { mode, uid } = statSync(path);
  if (uid !== 0 || (mode & 0o4000) === 0) return t('it grants no rights: it is not set-user-ID root');
  // prctl(2), PR_SET_NO_NEW_PRIVS; containers and sandboxed desktop applications have it.
  if (statusNumbers(readFileSync('/proc/self/status', 'utf8'), 'NoNewPrivs')[0] === 1)
    return t(
      'it grants no rights: this editor or shell was started with no_new_privs; use it outside the sandbox that it runs in',
    );
  return null;
}

function checkVisudo(): Finding {
  const path = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'].map((folder) => join(folder, 'visudo')).find(isRootsAlone);
  return {
    id: 'visudo',
    state: path === undefined ? 'limited' : 'ok',
    found: [path === undefined ? t('not installed') : verbatim(path)],
    advice:
      path === undefined
        ? t('install --allow writes no sudoers file that visudo has not checked; install sudo')
        : undefined,
  };
}

function checkRuntime(): Finding {
  return {
    id: 'runtime',
    state: 'ok',
    found: [
      isRootsAlone(process.execPath)
        ? t('Node {0} at {1}, which only root can replace', process.versions.node, process.execPath)
        : t('Node {0} at {1}, which users other than root can replace', process.versions.node, process.execPath),
    ],
  };
}

function adviceOnInstalled(): Sentence | undefined {
  const files = [PATHS.command, ...HELPER_FILES.map((file) => `${PATHS.lib}/${file}`)];
  if (!files.every(isRootsAlone)) return t('users other than root can change it: install it again');
  const script = readFileSync(PATHS.command, 'utf8');
  const node = nodeOfScript(script);
  if (!isRootsAlone(node)) return t('users other than root can change it: install it again');
  if (script !== commandScript(node)) return t('another version wrote it: install it again');
  const library = foreignLibrary(node);
  return library === null
    ? undefined
    : t(
        'users other than root can change {0}, which its Node loads: install it again with a Node whose libraries only root can change',
        library,
      );
}

function checkInstalled(): Finding {
  if (!existsSync(PATHS.command)) return { id: 'installed', state: 'ok', found: [t('no copy is installed')] };
  try {
    const policy = activePolicy(`${PATHS.lib}/helper.js`);
    const found = policy
      ? t('{0}: {1} may join {2}', PATHS.command, policy.users.join(', '), policy.types.join(', '))
      : t('{0}: no policy', PATHS.command);
    const advice = adviceOnInstalled();
    return { id: 'installed', state: advice ? 'limited' : 'ok', found: [found], advice };
  } catch (error) {
    return {
      id: 'installed',
      state: 'limited',
      found: [verbatim(PATHS.command)],
      advice: verbatim(error instanceof Error ? error.message : String(error)),
    };
  }
}
