// The command line that starts the helper with the rights it needs. Pure: data in, {command, args} out.
import { dirname, join } from 'node:path';
import {
  codeFile,
  ENTER_OPTIONS,
  KEPT_BUNDLES,
  OWN_MOUNTS,
  SCAN_OPTIONS,
  shield,
  WATCH_OPTIONS,
} from '../../helper/protocol';

export interface Runtime {
  /** The program that runs JavaScript: Node, or Electron on a desktop. */
  readonly execPath: string;
  readonly electron: boolean;
  /** That program's options; see helper/protocol.ts. */
  readonly nodeOptions: readonly string[];
  readonly helperPath: string;
  /** The user's own id. */
  readonly uid: number;
  /** A name on PATH or an absolute path. */
  readonly sudo: string;
  /** Whether the machine has OWN_MOUNTS.program. */
  readonly unshare: boolean;
}

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

/** What the rights and the start of a helper depend on; an EnterPlan says it of itself. */
export interface Needs {
  readonly needsRoot: boolean;
  readonly joinsMnt: boolean;
}

/** Of Node, for a verb and what follows it. */
function optionsFor(verb: string, args: readonly string[]): readonly string[] {
  if (verb === 'enter' || verb === 'compile') return ENTER_OPTIONS;
  if (verb !== 'scan') return [];
  return args.includes('--watch') ? [...SCAN_OPTIONS, ...WATCH_OPTIONS] : SCAN_OPTIONS;
}

const ELECTRON_AS_NODE = 'ELECTRON_RUN_AS_NODE=1';
const NEEDS_NOTHING: Needs = { needsRoot: false, joinsMnt: false };

/**
 * For every start of the helper, so that none of them lacks what the others have. `write` says how the arguments are written:
 * in another way than the usual one only where none of them is of a command.
 */
export function helperCommand(
  runtime: Runtime,
  helperArguments: readonly string[],
  { needsRoot, joinsMnt }: Needs = NEEDS_NOTHING,
  write: (args: readonly string[]) => readonly string[] = shield,
): CommandLine {
  const asRoot = needsRoot || runtime.uid === 0;
  // Without it the helper has to start Node a second time.
  const ownMounts = asRoot && joinsMnt && runtime.unshare;
  const [verb = '', ...rest] = helperArguments;
  // sudo resets the environment, so what Electron needs to act as Node has to be on the command line.
  const command = [
    ...(runtime.electron ? ['/usr/bin/env', ELECTRON_AS_NODE] : []),
    ...(ownMounts ? [OWN_MOUNTS.program, ...OWN_MOUNTS.args] : []),
    runtime.execPath,
    ...runtime.nodeOptions,
    ...(runtime.electron ? [] : optionsFor(verb, rest)),
    '--',
    runtime.helperPath,
    ...write(ownMounts ? [verb, OWN_MOUNTS.option, ...rest] : helperArguments),
  ];
  const [program = '', ...args] = needsRoot ? [runtime.sudo, '--', ...command] : command;
  return { command: program, args };
}

/** For a program of ours that needs no other rights than the user's: it is started as the helper is. */
export function nodeCommand(runtime: Runtime, path: string, args: readonly string[]): CommandLine {
  const { electron, execPath, nodeOptions } = runtime;
  const environment = electron ? ['/usr/bin/env', ELECTRON_AS_NODE] : [];
  const [command = '', ...rest] = [...environment, execPath, ...nodeOptions, '--', path, ...args];
  return { command, args: rest };
}

/** Where the helper keeps what V8 made of it, for whoever runs on the same V8 as this process. */
export const codePaths = ({ helperPath }: Runtime): string[] =>
  KEPT_BUNDLES.map((bundle) => codeFile(join(dirname(helperPath), bundle)));
