// Findings about the kernel and its security modules.
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { NAMESPACE_TYPES } from '../namespaceTypes';
import { statusNumbers } from '../procStat';
import { pidfdAlive, pidfdOpen } from '../syscalls';
import { userNamespaceObstacle } from '../userNamespaces';
import type { Finding } from './doctor';

export function checkKernel(): Finding[] {
  return [
    checkTypes(),
    checkPidfd(),
    checkProcOfOthers(),
    checkUserNamespaces(),
    checkPtrace(),
    checkLsm(),
    checkHidepid(),
    checkTerminalInput(),
    checkRights(),
  ];
}

function checkTypes(): Finding {
  const missing = NAMESPACE_TYPES.filter(({ name }) => !existsSync(`/proc/self/ns/${name}`));
  return {
    id: 'namespace-types',
    state: missing.length === 0 ? 'ok' : 'limited',
    found: `Linux ${release()}, ${NAMESPACE_TYPES.length - missing.length} of ${NAMESPACE_TYPES.length} types`,
    advice:
      missing.length === 0
        ? ''
        : `no ${missing.map(({ name, since }) => `${name} (Linux ${since})`).join(', ')}: those cannot be joined`,
  };
}

function checkPidfd(): Finding {
  try {
    pidfdAlive(pidfdOpen(process.pid));
    return { id: 'pidfd', state: 'ok', found: 'pidfd_open works', advice: '' };
  } catch (error) {
    return {
      id: 'pidfd',
      state: 'missing',
      found: error instanceof Error ? error.message : String(error),
      advice: 'a process cannot be held fast while it is checked, so nothing is entered; Linux 5.3 or later can',
    };
  }
}

/** proc(5)'s option pidns: see mountProc() in enter/view.ts. */
function checkProcOfOthers(): Finding {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const able = major > 6 || (major === 6 && minor >= 17);
  return {
    id: 'proc-of-joined-pid',
    state: able ? 'ok' : 'limited',
    found: able ? '/proc can be told whose processes to show' : '/proc shows the processes of whoever mounts it',
    advice: able
      ? ''
      : "where pid is joined without mnt, /proc stays the host's; Linux 6.17 or later can show the joined processes",
  };
}

function checkUserNamespaces(): Finding {
  const ANY_BUT_ROOT = 1;
  const obstacle = userNamespaceObstacle(ANY_BUT_ROOT);
  return {
    id: 'user-namespaces',
    state: obstacle ? 'limited' : 'ok',
    found: obstacle ? `${obstacle.path} is ${obstacle.value}` : 'ordinary users can make user namespaces',
    advice: obstacle ? `it ${obstacle.means}: new user namespaces without sudo do not work` : '',
  };
}

function checkPtrace(): Finding {
  const scope = read('/proc/sys/kernel/yama/ptrace_scope');
  const strict = scope === '2' || scope === '3';
  return {
    id: 'ptrace-scope',
    state: strict ? 'limited' : 'ok',
    found: scope === null ? 'no Yama' : `kernel.yama.ptrace_scope is ${scope}`,
    advice: strict ? "without sudo the namespaces of one's own rootless containers may not be readable" : '',
  };
}

function checkLsm(): Finding {
  const lsm = read('/sys/kernel/security/lsm');
  const labels = (lsm ?? '').split(',').filter((name) => ['selinux', 'apparmor', 'smack'].includes(name));
  return {
    id: 'lsm',
    state: 'ok',
    found:
      labels.length > 0
        ? `${labels.join(', ')}: --as target takes on the container's label`
        : 'no LSM that labels processes',
    advice: '',
  };
}

/** proc(5): with hidepid one sees only one's own processes. */
function checkHidepid(): Finding {
  const line =
    read('/proc/self/mounts')
      ?.split('\n')
      // The last one hides those before it.
      .findLast((mount) => mount.split(' ')[1] === '/proc') ?? '';
  const value = /\bhidepid=(\w+)/.exec(line)?.[1] ?? 'off';
  const hidden = !['off', '0'].includes(value);
  return {
    id: 'hidepid',
    state: hidden ? 'limited' : 'ok',
    found: hidden ? `/proc is mounted with hidepid=${value}` : '/proc shows all processes',
    advice: hidden ? "without sudo, other users' containers are seen only where their engine tells" : '',
  };
}

/** TIOCSTI (ioctl_tty(2)) types into a terminal as its user would. Linux 6.2 can do without it. */
function checkTerminalInput(): Finding {
  const off = read('/proc/sys/dev/tty/legacy_tiocsti') === '0';
  return {
    id: 'terminal-input',
    state: off ? 'ok' : 'limited',
    found: off ? 'dev.tty.legacy_tiocsti is 0' : 'the kernel lets programs type into their terminal',
    advice: off
      ? ''
      : 'outside of VS Code, what is started in a container could type into your shell unless sudo has use_pty (its default since 1.9.14); or set the sysctl dev.tty.legacy_tiocsti to 0',
  };
}

function checkRights(): Finding {
  const status = read('/proc/self/status') ?? '';
  if (process.geteuid?.() !== 0)
    return { id: 'rights', state: 'ok', found: `uid ${statusNumbers(status, 'Uid')[0] ?? '?'}`, advice: '' };
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  const CAP_SYS_ADMIN = 21n;
  const able = ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
  // user_namespaces(7): the initial one maps all ids to themselves.
  const initial = /^\s*0\s+0\s+4294967295$/.test(read('/proc/self/uid_map') ?? '');
  return {
    id: 'rights',
    state: able && initial ? 'ok' : 'missing',
    found: `root ${able ? 'with' : 'without'} CAP_SYS_ADMIN${initial ? '' : ', of a user namespace'}`,
    advice: able && initial ? '' : 'this is root of a container: namespaces can be entered on the host only',
  };
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
