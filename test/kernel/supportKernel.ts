// Another kernel than the one of the machine, as far as a program can tell that is started by exec in the same shell.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';

/** A line for sh, in a mount namespace of its own: the kernel has no such type, by what /proc says of the shell. */
export function hideType(type: NamespaceName): string {
  const others = NAMESPACE_NAMES.filter((name) => name !== type).map((name) => `/mnt/${name}`);
  return `mount -t tmpfs none /mnt; touch ${others.join(' ')}; mount --bind /mnt /proc/$$/ns`;
}
