// Named choices of namespaces and identity: the built-in ones, and those of the setting `namespaces.presets`. Pure.
import * as v from 'valibot';
import { isNamespaceName, type NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import type { Container } from '../model/container';
import { plain } from '../model/text';
import { allOf, type Chosen, only } from '../select/selection';
import { DISPLAY_ORDER } from '../shared/typeTexts';
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

function builtInPresets(): Preset[] {
  return [
    { name: 'Network only', label: t('Network only'), types: ['net'], as: 'me' },
    { name: 'Network and processes', label: t('Network and processes'), types: ['net', 'pid'], as: 'me' },
    { name: 'Like docker exec', label: t('Like docker exec'), types: 'all', as: 'target' },
    {
      name: 'Repair without network',
      label: t('Repair without network'),
      // With the machine's network, tools can be fetched that a container without one lacks.
      types: DISPLAY_ORDER.filter((type) => type !== 'net'),
      as: 'target',
    },
    { name: 'Everything', label: t('Everything, as root'), types: 'all', as: 'root' },
  ];
}

const IDENTITY = (): string => t('"{0}" must be "me", "target", "root", a user ID or UID:GID', 'as');
const As = v.pipe(
  v.string(IDENTITY),
  v.check((text) => parseIdentity(text) !== null, IDENTITY),
);
const Type = v.custom<NamespaceName>(
  (name) => typeof name === 'string' && isNamespaceName(name),
  () => t('an element of "{0}" is not a namespace type', 'namespaces'),
);
const PresetSetting = v.strictObject(
  {
    name: v.pipe(
      v.string(() => t('"{0}" must be a string', 'name')),
      v.nonEmpty(() => t('"{0}" must not be empty', 'name')),
      v.maxLength(80, ({ requirement }) => t('"{0}" must not have more than {1} characters', 'name', requirement)),
    ),
    namespaces: v.union(
      [
        v.literal('all'),
        v.pipe(
          v.array(Type),
          v.nonEmpty(() => t('"{0}" must not be empty', 'namespaces')),
        ),
      ],
      () => t('"{0}" must be "all" or a list of namespace types', 'namespaces'),
    ),
    as: v.optional(As, 'me'),
  },
  describeShape,
);

/** A preset that is no object, or has a property too many or too few. */
function describeShape({ expected, path }: v.StrictObjectIssue): string {
  if (!path) return t('a preset must be an object');
  const key = plain(String(path.at(-1)?.key), 40);
  return expected === 'never' ? t('"{0}" is not a property of a preset', key) : t('"{0}" is missing', key);
}

export interface Presets {
  readonly presets: readonly Preset[];
  /** What is wrong with entries of the setting, a line each; they are left out. */
  readonly problems: readonly string[];
}

/** A preset of the setting takes the place of a built-in one of its name. */
export function readPresets(setting: unknown): Presets {
  const problems: string[] = [];
  const own = (Array.isArray(setting) ? (setting as unknown[]) : []).flatMap((entry, index): Preset[] => {
    const parsed = v.safeParse(PresetSetting, entry);
    if (!parsed.success) {
      problems.push(`namespaces.presets[${index}]: ${parsed.issues[0].message}`);
      return [];
    }
    const { name, namespaces, as } = parsed.output;
    return [{ name, label: name, types: namespaces, as: parseIdentity(as) ?? 'me' }];
  });
  const names = new Set(own.map(({ name }) => name));
  return { presets: [...builtInPresets().filter(({ name }) => !names.has(name)), ...own], problems };
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
