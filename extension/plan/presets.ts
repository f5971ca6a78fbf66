// Named choices of namespaces and identity: what they choose, and what to beware of. Pure. What there is of them: presetsSetting.ts.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { Container } from '../model/container';
import { allOf, type Chosen, only } from '../select/selection';
import type { Identity } from './enterPlan';

export interface Preset {
  /** What settings and tasks call it, in every language. */
  readonly name: string;
  /** What a person reads. */
  readonly label: string;
  /** Those that the container shares with the machine are passed over. */
  readonly types: readonly NamespaceName[] | 'all';
  readonly as: Identity;
}

export interface Presets {
  readonly presets: readonly Preset[];
  /** What is wrong with entries of the setting, a line each; they are left out. */
  readonly problems: readonly string[];
}

/** Null for what is no identity. Names of users are left out: whom one means depends on the container's own files. */
export function parseIdentity(text: string): Identity | null {
  if (text === 'me' || text === 'target' || text === 'root') return text;
  // (uid_t) -1 means "leave as it is" to the system calls.
  const ids = /^\d{1,10}(:\d{1,10})?$/.test(text) && text.split(':').every((id) => Number(id) < 0xffffffff);
  return ids ? { other: text } : null;
}

export function chosenFor({ types }: Pick<Preset, 'types'>, container: Container): Chosen[] {
  return types === 'all' ? allOf(container) : only(container, types);
}

/**
 * Root of the machine, with all of its capabilities, among files that somebody else wrote: whatever is started from them can
 * do anything to the machine. A user namespace that is joined takes those capabilities away (user_namespaces(7)), but one
 * that may not be read may as well be the machine's own. `targetIsRoot` says that the container's own process is such a root.
 */
export function isDangerous(chosen: readonly Chosen[], as: Identity, targetIsRoot = false): boolean {
  const joins = (type: NamespaceName): Chosen | undefined => chosen.find(({ namespace }) => namespace.type === type);
  const user = joins('user')?.namespace.inode ?? null;
  return (as === 'target' ? targetIsRoot : isRoot(as)) && joins('mnt') !== undefined && user === null;
}

/** Whether the container's processes would see the command, and the command one's own files: see preview.ts. */
export const exposesFiles = ({ types }: Pick<Preset, 'types'>): boolean =>
  types !== 'all' && types.includes('pid') && !types.includes('mnt');

/** Root by its number too. */
export function isRoot(as: Identity): boolean {
  return as === 'root' || (typeof as === 'object' && Number(as.other.split(':')[0]) === 0);
}
