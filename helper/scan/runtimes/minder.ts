// Who minds a container: the engine's process that is the parent of the container's first one, by its command line, which
// everybody may read. Pure. It is the parent's word about its own child; it cannot claim another's container.

export type Minder =
  /** containerd's, for Docker, nerdctl and Kubernetes too. `id` is of the first container of a pod. */
  | { kind: 'shim'; namespace: string; id: string }
  /** Podman's and CRI-O's. `bundle` is the container's folder. */
  | { kind: 'conmon'; engine: 'podman' | 'kubernetes'; id: string; name: string; bundle: string }
  /** `containers` is the folder with the container's own. */
  | { kind: 'lxc'; engine: 'lxc' | 'incus' | 'lxd'; name: string; containers: string | null }
  | { kind: 'nspawn'; name: string }
  | { kind: 'bwrap' }
  /** Of engines that are a user's own. */
  | { kind: 'rootlesskit' }
  | { kind: 'firejail'; name: string | null };

export function parseMinder(argv: readonly string[]): Minder | null {
  const [argv0 = ''] = argv;
  // LXC's monitor writes over its arguments: `[lxc monitor] /var/lib/lxc web`.
  const lxc = /^\[lxc monitor\] (\S*) (\S+)/.exec(argv0);
  if (lxc) return lxcMonitor(lxc[1] ?? '', lxc[2] ?? '');
  const program = argv0.slice(argv0.lastIndexOf('/') + 1);
  if (/^containerd-shim(-|$)/.test(program)) return shim(argv);
  if (program === 'conmon') return conmon(argv);
  if (program === 'systemd-nspawn') return nspawn(argv);
  // In the foreground, as a unit of systemd starts it, the monitor keeps its arguments.
  if (program === 'lxc-start') return lxcStart(argv);
  if (program === 'bwrap') return { kind: 'bwrap' };
  if (program === 'rootlesskit') return { kind: 'rootlesskit' };
  // It takes every value behind `=`.
  if (program === 'firejail') return { kind: 'firejail', name: leadingOptions(argv, new Set()).get('--name') ?? null };
  return null;
}

function shim(argv: readonly string[]): Minder | null {
  const id = option(argv, '-id');
  return id === null ? null : { kind: 'shim', namespace: option(argv, '-namespace') ?? 'default', id };
}

function conmon(argv: readonly string[]): Minder | null {
  const [id, name, bundle] = [
    option(argv, '-c', '--cid'),
    option(argv, '-n', '--name'),
    option(argv, '-b', '--bundle'),
  ];
  // With -e it minds a command that was started in a container (`podman exec`), not the container.
  if (id === null || name === null || bundle === null || argv.includes('-e')) return null;
  // Podman has itself called when the container ends.
  const engine = argv.some((argument) => argument === '--exit-command') ? 'podman' : 'kubernetes';
  return { kind: 'conmon', engine, id, name, bundle };
}

/** Those of systemd-nspawn(1) that take the next argument where no `=` gives them a value. */
const NSPAWN_VALUES = new Set(
  [
    ...['directory', 'template', 'image', 'oci-bundle', 'root-hash', 'root-hash-sig', 'verity-data', 'pivot-root'],
    ...['chdir', 'setenv', 'user', 'kill-signal', 'notify-ready', 'suppress-sync', 'machine', 'hostname', 'uuid'],
    ...['slice', 'property', 'register', 'private-users-ownership', 'network-interface', 'network-macvlan'],
    ...['network-ipvlan', 'network-veth-extra', 'network-bridge', 'network-zone', 'network-namespace-path', 'port'],
    ...['capability', 'drop-capability', 'ambient-capability', 'no-new-privileges', 'system-call-filter', 'rlimit'],
    ...['oom-score-adjust', 'cpu-affinity', 'personality', 'selinux-context', 'selinux-apifs-context', 'resolv-conf'],
    ...['timezone', 'link-journal', 'bind', 'bind-ro', 'inaccessible', 'tmpfs', 'overlay', 'overlay-ro', 'bind-user'],
    ...['console', 'settings', 'load-credential', 'set-credential', 'background'],
  ].map((name) => `--${name}`),
);
for (const letter of 'DuLMSZipE') NSPAWN_VALUES.add(`-${letter}`);

function nspawn(argv: readonly string[]): Minder | null {
  const options = leadingOptions(argv, NSPAWN_VALUES);
  const value = (...names: string[]): string | undefined => names.map((name) => options.get(name)).find(Boolean);
  const folder = value('-D', '--directory');
  const image = value('-i', '--image')?.replace(/\.raw$/, '');
  const name = value('-M', '--machine') ?? (folder ?? image)?.replace(/\/+$/, '').replace(/^.*\//, '');
  return name ? { kind: 'nspawn', name } : null;
}

function lxcStart(argv: readonly string[]): Minder | null {
  const name = option(argv, '-n', '--name');
  return name === null ? null : { kind: 'lxc', engine: 'lxc', name, containers: null };
}

function lxcMonitor(containers: string, name: string): Minder {
  const engine = /\/incus(\/|$)/.test(containers) ? 'incus' : /\/lxd(\/|$)/.test(containers) ? 'lxd' : 'lxc';
  return { kind: 'lxc', engine, name, containers };
}

/**
 * What comes before the command that a program is given to run, whose arguments are none of the program's: as getopt_long(3)
 * reads it, `-bD /x` and `-D/x` included. Those that are given twice count once, the last time.
 */
function leadingOptions(argv: readonly string[], takesNext: ReadonlySet<string>): Map<string, string> {
  const options = new Map<string, string>();
  for (let at = 1; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (!argument.startsWith('-') || argument === '-' || argument === '--') break;
    const next = (): string => argv[++at] ?? '';
    if (argument.startsWith('--')) {
      const equals = argument.indexOf('=');
      if (equals >= 0) options.set(argument.slice(0, equals), argument.slice(equals + 1));
      else options.set(argument, takesNext.has(argument) ? next() : '');
      continue;
    }
    for (let letter = 1; letter < argument.length; letter++) {
      const option = `-${argument[letter] ?? ''}`;
      const rest = argument.slice(letter + 1);
      if (takesNext.has(option)) {
        options.set(option, rest || next());
        break;
      }
      options.set(option, '');
    }
  }
  return options;
}

/** The value of the first of the options that is there: as the next argument, or behind `=`. */
function option(argv: readonly string[], ...names: string[]): string | null {
  for (const [at, argument] of argv.entries()) {
    if (at > 0 && names.includes(argument)) return argv[at + 1] ?? null;
    const name = names.find((candidate) => argument.startsWith(`${candidate}=`));
    if (at > 0 && name !== undefined) return argument.slice(name.length + 1);
  }
  return null;
}
