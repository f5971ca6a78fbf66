// The table of the eight namespace types of Linux (namespaces(7)): one place for names, options, clone flags, order and since
// when the kernel knows them. Pure data; used by the helper and by the extension.

export interface NamespaceType {
  /** The file's name below /proc/PID/ns, and the kernel's own word in `net:[4026531840]`. */
  readonly name: NamespaceName;
  /** What nsenter(1) and unshare(1) call it. */
  readonly option: string;
  /** CLONE_NEW* flag: the `nstype` argument of setns(2), never 0. */
  readonly flag: number;
  /** First kernel whose setns(2) can join this type. */
  readonly since: string;
}

export type NamespaceName = 'cgroup' | 'ipc' | 'uts' | 'net' | 'pid' | 'time' | 'user' | 'mnt';

// In the order of joining. mnt last: past it, paths are the container's.
// `user` is joined before or after the others, as the rights to them ask; see enter/joinSteps.ts.
export const NAMESPACE_TYPES: readonly NamespaceType[] = [
  { name: 'user', option: '--user', flag: 0x10000000, since: '3.8' },
  { name: 'cgroup', option: '--cgroup', flag: 0x02000000, since: '4.6' },
  { name: 'ipc', option: '--ipc', flag: 0x08000000, since: '3.0' },
  { name: 'uts', option: '--uts', flag: 0x04000000, since: '3.0' },
  { name: 'net', option: '--net', flag: 0x40000000, since: '3.0' },
  { name: 'pid', option: '--pid', flag: 0x20000000, since: '3.8' },
  { name: 'time', option: '--time', flag: 0x00000080, since: '5.8' },
  { name: 'mnt', option: '--mount', flag: 0x00020000, since: '3.8' },
];

export const NAMESPACE_NAMES: readonly NamespaceName[] = NAMESPACE_TYPES.map((type) => type.name);

export function namespaceType(name: NamespaceName): NamespaceType {
  const type = NAMESPACE_TYPES.find((candidate) => candidate.name === name);
  if (!type) throw new TypeError(`no namespace type ${name}`);
  return type;
}

export function isNamespaceName(text: string): text is NamespaceName {
  return NAMESPACE_TYPES.some((type) => type.name === text);
}
