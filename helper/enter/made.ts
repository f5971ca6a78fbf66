// What is said where a new namespace cannot be made, by whomever. The kernel's reason stands behind what ends in a colon.
import type { NamespaceName } from '../namespaceTypes';

export const cannotMake = (type: NamespaceName): string => `a new ${type} namespace cannot be created: `;

/** EPERM. */
export const notPermitted = (type: NamespaceName): string =>
  `${cannotMake(type)}operation not permitted; add --new user, or start ns-helper with sudo`;

/** ENOSPC (namespaces(7)): a user namespace's limit for each type, its ancestors' counting too. */
export const noMoreOf = (type: NamespaceName): string =>
  `${cannotMake(type)}no space left on device; /proc/sys/user/max_${type}_namespaces, in this user namespace or one around it, allows no more`;
