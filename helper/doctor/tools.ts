// Findings about programs: sudo and its kin, util-linux, the runtime, an installed copy.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { activePolicy } from '../install/policy';
import { PATHS } from '../install/paths';
import { isRootsAlone } from '../install/trust';
import type { Finding } from './doctor';

export function checkTools(): Finding[] {
  return [checkSudo(), checkUtilLinux(), checkRuntime(), checkInstalled()];
}

/** First line of a program's own word on its version; null where it is not there. It is given no terminal to ask on. */
function versionOf(program: string, ...args: string[]): string | null {
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 3000 });
  if (result.error) return null;
  return `${result.stdout}${result.stderr}`.split('\n')[0]?.trim() ?? '';
}

function checkSudo(): Finding {
  const sudo = versionOf('sudo', '--version');
  // doas has no option for its version; without arguments it says how it is used.
  const doas = versionOf('doas');
  if (sudo !== null) {
    const kind = /sudo-rs/i.test(sudo) ? 'sudo-rs' : 'sudo';
    return {
      id: 'sudo',
      state: 'ok',
      found: `${kind}: ${sudo}${doas === null ? '' : '; doas is there too'}`,
      advice: '',
    };
  }
  return {
    id: 'sudo',
    state: doas === null && process.geteuid?.() !== 0 ? 'missing' : 'limited',
    found: doas === null ? 'neither sudo nor doas' : 'doas',
    advice:
      doas === null
        ? "only one's own rootless containers can be entered; install sudo for the others"
        : 'set namespaces.sudo.path to doas',
  };
}

function checkUtilLinux(): Finding {
  const found = [versionOf('nsenter', '--version'), versionOf('unshare', '--version')];
  const present = found.every((version) => version?.includes('util-linux'));
  return {
    id: 'util-linux',
    state: present ? 'ok' : 'limited',
    found: found.map((version) => version ?? 'not there').join('; '),
    advice: present
      ? ''
      : 'user and time namespaces cannot be joined, nor user namespaces made: install the package util-linux',
  };
}

function checkRuntime(): Finding {
  return {
    id: 'runtime',
    state: 'ok',
    found: `Node ${process.versions.node} at ${process.execPath}${isRootsAlone(process.execPath) ? ", root's alone" : ', which others than root can replace'}`,
    advice: '',
  };
}

function checkInstalled(): Finding {
  if (!existsSync(PATHS.command)) return { id: 'installed', state: 'ok', found: 'no copy is installed', advice: '' };
  try {
    const policy = activePolicy(`${PATHS.lib}/helper.js`);
    const rule = policy ? `${policy.users.join(', ')} may join ${policy.types.join(', ')}` : 'no policy';
    const sound = isRootsAlone(PATHS.command) && isRootsAlone(`${PATHS.lib}/helper.js`);
    return {
      id: 'installed',
      state: sound ? 'ok' : 'limited',
      found: `${PATHS.command}: ${rule}`,
      advice: sound ? '' : 'others than root can change it: install it again',
    };
  } catch (error) {
    return {
      id: 'installed',
      state: 'limited',
      found: PATHS.command,
      advice: error instanceof Error ? error.message : String(error),
    };
  }
}
