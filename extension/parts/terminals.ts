// What opens terminals, from the views, the palette and the terminal profiles.
import { l10n, window } from 'vscode';
import { ExplainEnd } from '../commands/explainEnd';
import { OpenFileTree } from '../commands/openFileTree';
import { PresetChooser } from '../commands/presetChooser';
import { ShellProfileProvider } from '../commands/shellProfileProvider';
import { Targets } from '../commands/targets';
import { TerminalCommands } from '../commands/terminalCommands';
import { reportFailure } from '../report';
import { allOf } from '../select/selection';
import type { Runtime } from '../shared/helperCommand';
import { Terminals } from '../terminal/terminals';
import { filesOf, type Given, runtimeWith } from './given';
import type { TaskParts } from './tasks';
import type { ViewParts } from './view';

export { translateWith } from '../l10n';

export interface TerminalParts {
  readonly targets: Targets;
  readonly terminalCommands: TerminalCommands;
  readonly fileTree: OpenFileTree;
  readonly shellProfile: ShellProfileProvider;
}

export function makeParts({ context, log }: Given, before: ViewParts & TaskParts): TerminalParts {
  const { inventory, checked, provider, namespacesProvider, launches, presets } = before;
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files);
  const targets = new Targets(
    inventory,
    checked,
    (row) => namespacesProvider.now(provider.now(row)),
    () => [...provider.selection, ...namespacesProvider.selection],
  );
  const chooser = new PresetChooser(targets, presets, context.globalState, window);
  const terminals: Terminals = new Terminals(launches, files.launcher, runtime, files.zsh, (ended) =>
    ends.explain(ended),
  );
  const ends = new ExplainEnd(terminals, targets, runtime, (error) =>
    reportFailure(log(), l10n.t('Open Again'), error),
  );
  const terminalCommands = new TerminalCommands(targets, terminals, chooser, runtime);
  const fileTree = new OpenFileTree(targets, runtime().uid, (container) => terminalCommands.enter(allOf(container)));
  const shellProfile = new ShellProfileProvider(chooser, terminals, (error) =>
    reportFailure(log(), l10n.t('Namespace Shell'), error),
  );
  context.subscriptions.push(terminals);
  return { targets, terminalCommands, fileTree, shellProfile };
}
