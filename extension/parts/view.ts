// What both views need: builds the parts in the order of the data's way. Nothing is looked at or started before the view is seen,
// a command is run or a task is asked for.
import { commands, env, window } from 'vscode';
import { Discovery } from '../discover/discovery';
import { Inventory } from '../discover/inventory';
import { noteLog } from '../discover/noteLog';
import { CONTEXT_KEYS } from '../ids';
import { Checked } from '../select/selection';
import { dockerHost, onDockerHostChange } from '../settings';
import { nodeCommand, type Runtime } from '../shared/helperCommand';
import { ContainersProvider } from '../tree/containersProvider';
import { HostDecorationProvider } from '../tree/hostDecorationProvider';
import { NamespacesProvider } from '../tree/namespacesProvider';
import { errorsTo, filesOf, type Given, runtimeWith } from './given';

export { translateWith } from '../l10n';

export interface ViewParts {
  readonly discovery: Discovery;
  readonly inventory: Inventory;
  readonly checked: Checked;
  readonly provider: ContainersProvider;
  readonly namespacesProvider: NamespacesProvider;
}

export function makeParts({ context, views, log }: Given): ViewParts {
  const files = filesOf(context);
  const runtime = (): Runtime => runtimeWith(files);
  tellButtons(runtime());

  const discovery = new Discovery(
    () => ({ ...nodeCommand(runtime(), files.discovery, [env.language]), env: process.env }),
    () => ({ runtime: runtime(), dockerHost: dockerHost(), env: process.env }),
    errorsTo(log()),
  );
  const inventory = new Inventory(discovery);
  inventory.onDidChange(
    noteLog((note) => {
      log().warn(note);
    }),
  );
  const checked = new Checked();
  const provider = new ContainersProvider(inventory, views.containers, checked, context.globalState);
  const namespacesProvider = new NamespacesProvider(inventory, views.namespaces);

  context.subscriptions.push(
    window.registerFileDecorationProvider(new HostDecorationProvider()),
    discovery,
    onDockerHostChange(() => {
      discovery.reconsider();
    }),
    provider,
    namespacesProvider,
  );
  return { discovery, inventory, checked, provider, namespacesProvider };
}

/** Root sees everything as it is; and what was unlocked has ended with the extension host before this one. */
function tellButtons({ uid }: Runtime): void {
  void commands.executeCommand('setContext', CONTEXT_KEYS.root, uid === 0);
  void commands.executeCommand('setContext', CONTEXT_KEYS.unlocked, false);
}
