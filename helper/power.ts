// `ns-helper power restart|halt`: ends a container from outside as its own reboot(2) would, like a power switch. The call
// is made by a child inside the target's pid namespace, which makes sure of where it is before it makes it.
import { spawnSync } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { parseTarget } from './enter/arguments';
import { isIn, joinAll, refuseForeignPidNamespace } from './enter/join';
import { pinNamespaces, type PinnedNamespace } from './enter/target';
import { HelperError, quote } from './errors';
import { EXIT } from './protocol';
import { pidfdAlive, readlinkat, rebootPidNamespace, setNotDumpable } from './syscalls';

type Action = 'restart' | 'halt';

/** PROC_PID_INIT_INO of <linux/proc_ns.h>: the inode of the machine's own pid namespace, on every kernel. */
const INITIAL_PID_NAMESPACE = 0xeffffffc;

export function power(argv: readonly string[]): number {
  const { action, target, inode } = parsePower(argv);
  setNotDumpable();
  const [namespace] = pinNamespaces([{ type: 'pid', inode, from: { target } }]);
  const procFd = openSync('/proc', constants.O_RDONLY | constants.O_DIRECTORY);
  if (!namespace) throw new Error('nothing was pinned');
  refuseOwn(namespace, procFd);
  refuseForeignPidNamespace(namespace, procFd);
  joinAll([namespace], null);
  const again = [...process.execArgv, '--', process.argv[1] ?? '', 'power-inside', action, String(namespace.inode)];
  const child = spawnSync(process.execPath, again, { stdio: ['inherit', 'inherit', 'inherit', procFd] });
  // The child is in the namespace that ends, and so ends with it.
  if (child.signal === 'SIGKILL' && hasEnded(namespace)) return 0;
  return child.status ?? EXIT.joinFailed.code;
}

/** The kernel has killed the namespace's init by now; the target follows at once. */
function hasEnded({ target }: PinnedNamespace): boolean {
  const WAIT_MS = 2000;
  return target !== null && !pidfdAlive(target.pidfd, WAIT_MS);
}

function refuseOwn(namespace: PinnedNamespace, procFd: number): void {
  if (!isIn(namespace, procFd) && namespace.inode !== INITIAL_PID_NAMESPACE) return;
  throw new HelperError(
    'notPermitted',
    `${namespace.source} is in the machine's own pid namespace: reboot(2) there would end the machine itself, which ns-helper never does`,
  );
}

/** In the child, as `power-inside ACTION INODE`, with the host's /proc at descriptor 3: see power(). */
export function powerInside([action, inode]: readonly string[]): number {
  const here = readlinkat(3, 'thread-self/ns/pid');
  if (here === `pid:[${INITIAL_PID_NAMESPACE}]` || here !== `pid:[${inode ?? ''}]`) {
    throw new HelperError('wrongNamespace', `in ${here} and not in pid:[${inode ?? ''}]; nothing was done`);
  }
  // Ends this process too, unless it fails.
  rebootPidNamespace(parseAction(action));
  return 0;
}

const bad = (message: string): HelperError => new HelperError('badArguments', `${message} (see ns-helper --help)`);

function parseAction(text: string | undefined): Action {
  if (text === 'restart' || text === 'halt') return text;
  throw bad(`power: ${text === undefined ? 'nothing' : quote(text)} is not restart or halt`);
}

function parsePower([action, ...options]: readonly string[]): {
  action: Action;
  target: ReturnType<typeof parseTarget>;
  inode: number | null;
} {
  const parsed = parseAction(action);
  const [option, value, inodeOption, inode, ...rest] = options;
  if (option !== '--target' || value === undefined) throw bad('power: --target PID[@STARTTIME] has to follow');
  if ((inodeOption !== undefined && inodeOption !== '--inode') || rest.length > 0) {
    throw bad(`power: unexpected argument ${quote(rest[0] ?? inodeOption ?? '')}`);
  }
  if (inodeOption !== undefined && !/^[0-9]{1,15}$/.test(inode ?? '')) throw bad('power: --inode needs a number');
  return { action: parsed, target: parseTarget(value), inode: inode === undefined ? null : Number(inode) };
}
