// Runs `ns-helper scan --json` once, as the user: some namespaces come out locked.
import { execFile } from 'node:child_process';
import type { ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { helperCommand, type Runtime } from '../shared/helperCommand';
import { ScanReader } from './scanReader';

export interface ScannerOptions {
  readonly runtime: Runtime;
  readonly env: NodeJS.ProcessEnv;
}

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 << 20;

/** Rejects with a message of one line. */
export async function runScan(options: ScannerOptions): Promise<ScanDocument> {
  return new ScanReader().read(await runHelper(options));
}

function runHelper({ runtime, env }: ScannerOptions): Promise<Buffer> {
  const { command, args } = helperCommand(runtime, ['scan', '--json']);
  return new Promise((resolve, reject) => {
    const options = {
      env,
      encoding: 'buffer' as const,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL' as const,
      maxBuffer: MAX_BYTES,
    };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new Error(t('The scan of /proc failed: {0}', failure(error, stderr.toString())), { cause: error }));
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
