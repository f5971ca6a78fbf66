// From a container to an entry by a preset: which preset, as whom (remembered for each preset), and a word of warning where
// that is dangerous.
import { commands, l10n, type Memento, QuickPickItemKind, type QuickPickItem, type window } from 'vscode';
import { SETTINGS } from '../ids';
import { plain } from '../model/text';
import { UserError } from '../model/userError';
import type { Identity } from '../plan/enterPlan';
import { chosenFor, exposesFiles, parseIdentity, type Preset, type Presets } from '../plan/presets';
import type { Chosen } from '../select/selection';
import { confirmRoot, describeIdentity } from './identityTexts';
import { isDangerousNow } from './mayOpen';
import type { Rows, Targets } from './targets';

export interface Entry {
  readonly chosen: readonly Chosen[];
  readonly as: Identity;
}

/** Key of the memento: preset's name → identity as it is written in settings. */
const REMEMBERED = 'presets.identity';

export class PresetChooser {
  constructor(
    private readonly targets: Pick<Targets, 'containers'>,
    private readonly presets: () => Presets,
    private readonly memory: Memento,
    private readonly ask: Pick<typeof window, 'showQuickPick' | 'showInputBox'>,
  ) {}

  /** Undefined where the person changed their mind. */
  async choose(rows: Rows, title: string): Promise<Entry | undefined> {
    const [container] = await this.targets.containers(rows, title);
    if (!container) return undefined;
    const preset = await this.#pickPreset(title);
    if (!preset) return undefined;
    const chosen = chosenFor(preset, container);
    if (chosen.length === 0) {
      throw new UserError(
        l10n.t(
          '{0} shares all of these namespaces with this machine: every terminal is already in them.',
          plain(container.name, 80),
        ),
      );
    }
    const as = await this.#pickIdentity(preset, title);
    if (as === undefined) return undefined;
    if ((await isDangerousNow(chosen, as)) && !(await confirmRoot(container.name))) return undefined;
    await this.#remember(preset, as);
    return { chosen, as };
  }

  async #pickPreset(title: string): Promise<Preset | undefined> {
    const { presets, problems } = this.presets();
    const items: (QuickPickItem & { preset?: Preset })[] = presets.map((preset) => ({
      label: plain(preset.label, 80),
      description: preset.types === 'all' ? l10n.t('all of its namespaces') : preset.types.join(', '),
      detail: [
        describeIdentity(this.#remembered(preset)),
        ...(exposesFiles(preset)
          ? [l10n.t('warning: root in the container can reach your files through your command')]
          : []),
      ].join(' · '),
      preset,
    }));
    if (problems.length > 0) items.push({ label: l10n.t('Not usable'), kind: QuickPickItemKind.Separator });
    items.push(...problems.map((problem) => ({ label: plain(problem, 200) })));
    const picked = await this.ask.showQuickPick(items, { title, placeHolder: l10n.t('Select what to enter') });
    // One of the problems: it is put right in the settings.
    if (picked && !picked.preset) await commands.executeCommand('workbench.action.openSettings', SETTINGS.presets);
    return picked?.preset;
  }

  /** The remembered one first, so that Enter takes it. */
  async #pickIdentity(preset: Preset, title: string): Promise<Identity | undefined> {
    const usual = this.#remembered(preset);
    const known = ['me', 'target', 'root'] as const;
    const offered = [usual, ...known.filter((as) => as !== usual)];
    const items = [
      ...offered.map((as) => ({ label: describeIdentity(as), as })),
      { label: l10n.t('Another user…'), as: undefined },
    ];
    const picked = await this.ask.showQuickPick(items, { title, placeHolder: l10n.t('Run as') });
    return picked && (picked.as ?? (await this.#askIds(title)));
  }

  #remembered(preset: Preset): Identity {
    const all = this.memory.get<Record<string, string>>(REMEMBERED, {});
    return parseIdentity(all[preset.name] ?? '') ?? preset.as;
  }

  async #remember({ name }: Preset, as: Identity): Promise<void> {
    const all = this.memory.get<Record<string, string>>(REMEMBERED, {});
    await this.memory.update(REMEMBERED, { ...all, [name]: typeof as === 'object' ? as.other : as });
  }

  async #askIds(title: string): Promise<Identity | undefined> {
    const text = await this.ask.showInputBox({
      title,
      prompt: l10n.t('User ID or UID:GID, as seen inside'),
      validateInput: (value) =>
        parseIdentity(value.trim()) === null ? l10n.t('Enter a user ID or UID:GID.') : undefined,
    });
    return text === undefined ? undefined : (parseIdentity(text.trim()) ?? undefined);
  }
}
