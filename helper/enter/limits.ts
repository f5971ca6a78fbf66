// Resource limits of a target's process (getrlimit(2)), as /proc/PID/limits tells them. Left out are those by which the
// kernel would end the helper itself before it is done: of address space and data, of which Node has much.
import { reason } from '../errors';
import { raiseHardLimit, setLimit } from '../syscalls/exec';

export interface Limit {
  name: string;
  /** RLIMIT_*. */
  resource: number;
  /** Null: unlimited. */
  soft: number | null;
  hard: number | null;
}

const OPEN_FILES = 'open files';
const FILE_SIZE = 'file size';
const CPU_TIME = 'cpu time';
export const STACK_SIZE = 'stack size';
const PROCESSES = 'processes';

/**
 * With these the kernel could end the helper, or refuse to start the command: Node has a deep stack and has used processor time, and
 * its threads count as processes of its user. So they are set for the command alone (see launch.ts).
 */
const FOR_COMMAND = [CPU_TIME, STACK_SIZE, PROCESSES];
/** A joiner is a file in memory, which could not be made or opened with those two: it sets them itself. */
export const BY_JOINER = [...FOR_COMMAND, OPEN_FILES, FILE_SIZE];
/** What execve(2) gives the arguments, however small the stack may be. */
const LEAST_STACK = 128 * 1024;

/** As /proc/PID/limits names them; the numbers of <asm-generic/resource.h>, which x86 and ARM have. */
const RESOURCES: Readonly<Record<string, number>> = {
  [CPU_TIME]: 0,
  [FILE_SIZE]: 1,
  [STACK_SIZE]: 3,
  'core file size': 4,
  'resident set': 5,
  [PROCESSES]: 6,
  [OPEN_FILES]: 7,
  'locked memory': 8,
  'file locks': 10,
  'pending signals': 11,
  'msgqueue size': 12,
  'nice priority': 13,
  'realtime priority': 14,
  'realtime timeout': 15,
};

/** Columns as proc_pid_limits() of the kernel's fs/proc/base.c writes them: the name has 25 places. */
export function parseLimits(text: string): Limit[] {
  return text.split('\n').flatMap((line) => {
    const name = line.slice('Max '.length, 25).trim();
    const resource = line.startsWith('Max ') ? RESOURCES[name] : undefined;
    const [soft = '', hard = ''] = line.slice(26).split(/ +/);
    if (resource === undefined || !VALUE.test(soft) || !VALUE.test(hard)) return [];
    return [{ name, resource, soft: toNumber(soft), hard: toNumber(hard) }];
  });
}

const VALUE = /^(?:\d+|unlimited)$/;
const toNumber = (text: string): number | null => (text === 'unlimited' ? null : Number(text));

/** The soft limit of open files is for the command alone (see launch.ts); the helper still opens some. */
export function softOpenFiles(limits: readonly Limit[]): number | null {
  return limits.find(({ name }) => name === OPEN_FILES)?.soft ?? null;
}

/** The limits that are set for the command alone; by a joiner, those that are called so in BY_JOINER. */
export function limitsOfCommand(limits: readonly Limit[], names: readonly string[] = FOR_COMMAND): Limit[] {
  return limits.filter((limit) => names.includes(limit.name) && !endsAnyProgram(limit));
}

/** A running process can be given such a limit (prlimit(1)), but no program can be started with it. */
function endsAnyProgram({ name, soft, hard }: Limit): boolean {
  if (name === CPU_TIME) return soft === 0 || hard === 0;
  return name === STACK_SIZE && soft !== null && soft < LEAST_STACK;
}

/**
 * Takes the limits on as far as we may, and returns a line for each that could not be. Those of limitsOfCommand(), which are called so
 * in `later`, are not set yet: only the hard limits are raised where necessary, so that setting them later takes no right.
 */
export function takeOnLimits(limits: readonly Limit[], later: readonly string[] = FOR_COMMAND): string[] {
  return limits.flatMap((limit) => {
    const { name, resource, soft, hard } = limit;
    try {
      if (endsAnyProgram(limit)) throw new Error('no program can be started with it');
      if (later.includes(name)) raiseHardLimit(resource, hard);
      else setLimit(resource, name === OPEN_FILES ? hard : soft, hard);
      return [];
    } catch (error) {
      return [`limit of ${name}, ${soft ?? 'none'}: ${reason(error)}`];
    }
  });
}
