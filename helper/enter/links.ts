// Pure.
import type { NamespaceName } from '../namespaceTypes';

/** Where the calling thread is, or for pid its future children, below a descriptor of /proc. */
export const linkOf = (type: NamespaceName): string => `thread-self/ns/${type === 'pid' ? 'pid_for_children' : type}`;
