// Runs `ns-helper scan --json` and checks what it prints. Needs no rights: as the user, some namespaces come out locked.
import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import * as v from 'valibot';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { SCAN_VERSION, type ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { describeIssue } from './issue';

export interface ScannerOptions {
  /** The runtime that runs the helper: Node, or VS Code's own Electron. */
  readonly execPath: string;
  readonly helperPath: string;
  readonly env: NodeJS.ProcessEnv;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 << 20;

/** Rejects with a message of one line. */
export async function runScan(options: ScannerOptions): Promise<ScanDocument> {
  return parseScan(await runHelper(options));
}

function runHelper({ execPath, helperPath, env }: ScannerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      // Where the runtime is Electron this makes it a plain Node; Node itself does not mind.
      env: { ...env, ELECTRON_RUN_AS_NODE: '1' },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: MAX_BYTES,
    };
    execFile(execPath, [helperPath, 'scan', '--json'], options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new Error(t('The scan of /proc failed: {0}', failure(error, stderr)), { cause: error }));
    });
  });
}

function failure(error: Error & { code?: unknown; killed?: boolean }, stderr: string): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return t('it printed more than {0} MB', MAX_BYTES >> 20);
  if (error.killed === true) return t('it took longer than {0} s', TIMEOUT_MS / 1000);
  if (typeof error.code === 'string') return t('it cannot be started ({0})', error.code);
  const lines = stderr.split('\n');
  // The helper says it in one line; Node, where it cannot run the helper at all, in the one of many that begins with the error.
  const said = lines.find((line) => line.startsWith('ns-helper:')) ?? lines.find((line) => /^\w*Error\b/.test(line));
  return said ?? t('exit code {0}', String(error.code));
}

const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Type = v.picklist(NAMESPACE_NAMES);
const Inodes = v.record(Type, Whole);
const IdMap = v.array(v.object({ inside: Whole, outside: Whole, count: Whole }));
const Scan = v.object({
  version: v.literal(SCAN_VERSION),
  host: Inodes,
  containers: v.array(
    v.object({
      engine: v.string(),
      name: v.string(),
      id: v.nullable(v.string()),
      state: v.picklist(['running', 'paused']),
      pid: Whole,
      startTime: Whole,
      uid: Whole,
      user: v.nullable(v.string()),
      rootless: v.boolean(),
      image: v.nullable(v.string()),
      labels: v.record(v.string(), v.string()),
      pod: v.nullable(v.string()),
      composeProject: v.nullable(v.string()),
      composeService: v.nullable(v.string()),
      pids: v.array(Whole),
      parent: v.nullable(Whole),
      namespaces: Inodes,
      locked: v.array(Type),
    }),
  ),
  namespaces: v.array(
    v.object({
      type: Type,
      inode: Whole,
      owner: v.nullable(Whole),
      parent: v.nullable(Whole),
      pids: v.array(Whole),
      heldBy: v.array(v.string()),
      uidMap: v.exactOptional(IdMap),
      gidMap: v.exactOptional(IdMap),
    }),
  ),
  processes: v.array(
    v.object({
      pid: Whole,
      parent: Whole,
      nsPids: v.array(Whole),
      uid: Whole,
      insideUid: v.nullable(Whole),
      command: v.string(),
    }),
  ),
  unreadable: v.array(v.object({ pid: Whole, error: v.string() })),
});

/** Throws with a message of one line. */
export function parseScan(text: string): ScanDocument {
  return check(v.pipe(v.string(), v.parseJson(), Scan), text);
}

const Unchecked = v.array(v.unknown());
const Outline = v.object({ ...Scan.entries, containers: Unchecked, namespaces: Unchecked, processes: Unchecked });

/** As parseScan, but in slices: thousands of namespaces take longer to check than the editor may be kept waiting. */
export async function readScan(text: string): Promise<ScanDocument> {
  const outline = check(v.pipe(v.string(), v.parseJson(), Outline), text);
  const { containers, namespaces, processes } = Scan.entries;
  return {
    ...outline,
    containers: await checkSlices(containers, outline.containers),
    namespaces: await checkSlices(namespaces, outline.namespaces),
    processes: await checkSlices(processes, outline.processes),
  };
}

const SLICE = 100;

async function checkSlices<T>(schema: v.GenericSchema<unknown, T[]>, items: readonly unknown[]): Promise<T[]> {
  const checked: T[] = [];
  for (let at = 0; at < items.length; at += SLICE) {
    await setImmediate();
    checked.push(...check(schema, items.slice(at, at + SLICE)));
  }
  return checked;
}

function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  throw new Error(t('The scan of /proc was not understood: {0}', describeIssue(result.issues[0])));
}
