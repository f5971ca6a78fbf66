// Findings about the kernel and its security modules.
import { release } from 'node:os';
import { kernelHas } from '../kernelTypes';
import { readKernelFile } from '../kernelFile';
import { NAMESPACE_TYPES } from '../namespaceTypes';
import { statusNumbers } from '../procStat';
import { pidfdAlive, pidfdOpen } from '../syscalls/namespaces';
import { userNamespaceObstacle } from '../userNamespaces';
import type { Finding } from './doctor';
import { t, verbatim } from './sentence';

export function checkKernel(): Finding[] {
  return [
    checkTypes(),
    checkPidfd(),
    checkProcOfOthers(),
    checkUserNamespaces(),
    checkPtrace(),
    checkMemoryPrograms(),
    checkLsm(),
    checkHidepid(),
    checkTerminalInput(),
    checkRights(),
  ];
}

function checkTypes(): Finding {
  const missing = NAMESPACE_TYPES.filter(({ name }) => !kernelHas(name));
  return {
    id: 'namespace-types',
    state: missing.length === 0 ? 'ok' : 'limited',
    found: [
      t(
        'Linux {0}, {1} of {2} namespace types',
        release(),
        NAMESPACE_TYPES.length - missing.length,
        NAMESPACE_TYPES.length,
      ),
    ],
    advice:
      missing.length === 0
        ? undefined
        : t(
            'no {0}: these types cannot be joined',
            missing.map(({ name, since }) => `${name} (Linux ${since})`).join(', '),
          ),
  };
}

function checkPidfd(): Finding {
  try {
    pidfdAlive(pidfdOpen(process.pid));
    return { id: 'pidfd', state: 'ok', found: [t('pidfd_open works')] };
  } catch (error) {
    return {
      id: 'pidfd',
      state: 'missing',
      found: [verbatim(error instanceof Error ? error.message : String(error))],
      advice: t(
        'a process cannot be pinned while it is checked, so nothing can be entered; this takes Linux 5.3 or later',
      ),
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
    found: [
      able
        ? t('/proc can show the processes of another pid namespace')
        : t('/proc shows only the pid namespace of the process that mounts it'),
    ],
    advice: able
      ? undefined
      : t("where pid is joined without mnt, /proc stays the host's; Linux 6.17 or later can show the joined processes"),
  };
}

function checkUserNamespaces(): Finding {
  const ANY_BUT_ROOT = 1;
  const obstacle = userNamespaceObstacle(ANY_BUT_ROOT);
  return {
    id: 'user-namespaces',
    state: obstacle ? 'limited' : 'ok',
    found: [obstacle ? t('{0} is {1}', obstacle.path, obstacle.value) : t('ordinary users can make user namespaces')],
    advice: obstacle ? t('this keeps you from creating user namespaces without sudo') : undefined,
  };
}

function checkPtrace(): Finding {
  const scope = readKernelFile('/proc/sys/kernel/yama/ptrace_scope');
  const strict = scope === '2' || scope === '3';
  return {
    id: 'ptrace-scope',
    state: strict ? 'limited' : 'ok',
    found: [scope === null ? t('no Yama') : t('{0} is {1}', 'kernel.yama.ptrace_scope', scope)],
    advice: strict ? t('without sudo, the namespaces of your own rootless containers may not be readable') : undefined,
  };
}

/** Those by which user and time namespaces are joined, and pid made, are made in memory: see joiner/. The sysctl came with Linux 6.3. */
function checkMemoryPrograms(): Finding {
  const SYSCTL = 'vm.memfd_noexec';
  const value = readKernelFile(`/proc/sys/${SYSCTL.replaceAll('.', '/')}`);
  return {
    id: 'memory-programs',
    state: value === '2' ? 'missing' : 'ok',
    found: [value === null ? t('no {0}', SYSCTL) : t('{0} is {1}', SYSCTL, value)],
    advice:
      value === '2'
        ? t(
            'user and time namespaces can be neither joined nor created, nor pid created: set the sysctl {0} to 0 or 1',
            SYSCTL,
          )
        : undefined,
  };
}

function checkLsm(): Finding {
  const lsm = readKernelFile('/sys/kernel/security/lsm');
  const labels = (lsm ?? '').split(',').filter((name) => ['selinux', 'apparmor', 'smack'].includes(name));
  return {
    id: 'lsm',
    state: 'ok',
    found: [
      labels.length > 0
        ? t("{0}: --as target takes on the container's label", labels.join(', '))
        : t('no LSM that labels processes'),
    ],
  };
}

/** proc(5): with hidepid one sees only one's own processes. */
function checkHidepid(): Finding {
  const line =
    readKernelFile('/proc/self/mounts')
      ?.split('\n')
      // The last one hides those before it.
      .findLast((mount) => mount.split(' ')[1] === '/proc') ?? '';
  const value = /\bhidepid=(\w+)/.exec(line)?.[1] ?? 'off';
  const hidden = !['off', '0'].includes(value);
  return {
    id: 'hidepid',
    state: hidden ? 'limited' : 'ok',
    found: [hidden ? t('/proc is mounted with hidepid={0}', value) : t('/proc shows all processes')],
    advice: hidden
      ? t("without sudo, other users' containers are visible only where their engine reports them")
      : undefined,
  };
}

/** TIOCSTI (ioctl_tty(2)) types into a terminal as its user would. Linux 6.2 can do without it; see enter/terminalInput.ts. */
function checkTerminalInput(): Finding {
  const id = 'terminal-input';
  const SYSCTL = 'dev.tty.legacy_tiocsti';
  if (readKernelFile(`/proc/sys/${SYSCTL.replaceAll('.', '/')}`) === '0')
    return { id, state: 'ok', found: [t('{0} is {1}', SYSCTL, '0')] };
  // Only where there are filters (seccomp(2)).
  if (readKernelFile('/proc/sys/kernel/seccomp/actions_avail')?.split(' ').includes('errno'))
    return { id, state: 'ok', found: [t('what is started in there cannot type into its terminal')] };
  return {
    id,
    state: 'limited',
    found: [t('the kernel lets programs type into their terminal')],
    advice: t(
      'outside VS Code, a program started in a container could type into your shell unless sudo has use_pty (its default since 1.9.14); or set the sysctl {0} to 0',
      SYSCTL,
    ),
  };
}

function checkRights(): Finding {
  const status = readKernelFile('/proc/self/status') ?? '';
  if (process.geteuid?.() !== 0)
    return { id: 'rights', state: 'ok', found: [t('user ID {0}', statusNumbers(status, 'Uid')[0] ?? '?')] };
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  const CAP_SYS_ADMIN = 21n;
  const able = ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
  // user_namespaces(7): the initial one maps all ids to themselves.
  const initial = /^\s*0\s+0\s+4294967295$/.test(readKernelFile('/proc/self/uid_map') ?? '');
  return {
    id: 'rights',
    state: able && initial ? 'ok' : 'missing',
    found: [
      able ? t('root with CAP_SYS_ADMIN') : t('root without CAP_SYS_ADMIN'),
      ...(initial ? [] : [t('in a user namespace')]),
    ],
    advice:
      able && initial ? undefined : t('this is root in a container: namespaces can only be entered from the host'),
  };
}
