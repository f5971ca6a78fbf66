// What activate() gives to the parts, and what all of them make of it.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type ExtensionContext, type LogOutputChannel, Uri } from 'vscode';
import { nodeOptions, OWN_MOUNTS } from '../../helper/protocol';
import type { DocumentProvider } from '../inspect/documentProvider';
import { sudoPath } from '../settings';
import type { Runtime } from '../shared/helperCommand';
import type { View } from '../tree/viewProvider';

export interface Given {
  readonly context: ExtensionContext;
  readonly views: Readonly<Record<'containers' | 'namespaces', View>>;
  readonly documents: DocumentProvider;
  /** Made at the first call. */
  readonly log: () => LogOutputChannel;
  /** Called before any of them is loaded. */
  readonly firstNeed: () => void;
  /** What deactivate() waits for. */
  readonly atEnd: (() => Promise<void>)[];
}

/** Programs of ours, and where files of ours may be. */
export type Files = Readonly<Record<'helper' | 'discovery' | 'launcher' | 'askpass' | 'zsh' | 'base', string>>;

export function filesOf(context: ExtensionContext): Files {
  return {
    helper: context.asAbsolutePath('dist/helper.js'),
    discovery: context.asAbsolutePath('dist/discovery.js'),
    launcher: context.asAbsolutePath('dist/launcher.js'),
    askpass: context.asAbsolutePath('dist/askpass.js'),
    zsh: Uri.joinPath(context.globalStorageUri, 'zsh').fsPath,
    base: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(),
  };
}

/** Settings may change: as they are now. */
export function runtimeWith({ helper }: Files): Runtime {
  const electron = 'electron' in process.versions;
  return {
    execPath: process.execPath,
    electron,
    nodeOptions: electron ? [] : nodeOptions(),
    helperPath: helper,
    uid: process.getuid?.() ?? 0,
    sudo: sudoPath(),
    // Looked for when a terminal or task needs it, not while the editor starts.
    get unshare() {
      return existsSync(OWN_MOUNTS.program);
    },
  };
}

export function errorsTo(log: LogOutputChannel): (what: string, error: unknown) => void {
  return (what, error) => {
    log.error(what, error instanceof Error ? error : String(error));
  };
}
