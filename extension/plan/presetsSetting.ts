// Which presets there are: the built-in ones, and those of the setting `namespaces.presets`, checked. Pure.
import * as v from 'valibot';
import { isNamespaceName, type NamespaceName } from '../../helper/namespaceTypes';
import { t } from '../l10n';
import { plain } from '../model/text';
import { DISPLAY_ORDER } from '../shared/typeTexts';
import { parseIdentity, type Preset, type Presets } from './presets';

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
