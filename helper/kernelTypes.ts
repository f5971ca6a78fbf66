// Which types of namespace this kernel has: by the names in /proc/self/ns (namespaces(7)), since each can be left out of a kernel.
import { existsSync } from 'node:fs';
import { HelperError } from './errors';
import { namespaceType, type NamespaceName } from './namespaceTypes';

export const kernelHas = (name: NamespaceName): boolean => existsSync(`/proc/self/ns/${name}`);

/** To be asked before any of them is opened, joined or made: the kernel would say that there is no file, or "invalid argument". */
export function refuseLackingTypes(types: readonly NamespaceName[]): void {
  const lacking = types.find((name) => !kernelHas(name));
  if (lacking === undefined) return;
  throw new HelperError(
    'unsupportedType',
    `this kernel has no ${lacking} namespaces (Linux ${namespaceType(lacking).since} or later has, unless built without); leave ${lacking} out`,
  );
}
