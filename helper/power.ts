// `ns-helper power restart|halt`: ends a container from outside as its own reboot(2) would, like a power switch. The call
// is made by a child in the target's pid namespace that has no program of its own, and none of the host's files.
import { closeSync, constants, openSync } from 'node:fs';
import { parseTarget } from './enter/arguments';
import { isAnotherRoot, isIn, joinAll, refuseForeignPidNamespace, stillToJoin, verifyJoined } from './enter/join';
import { pinNamespaces, type PinnedNamespace } from './enter/target';
import { restartReadOnly } from './enter/again';
import { givenEnvironment } from './enter/environment';
import { HelperError, quote, reason } from './errors';
import { setNotDumpable } from './syscalls/identity';
import { pidfdAlive } from './syscalls/namespaces';
import { exitNow, rebootJoinedPidNamespace } from './syscalls/processes';

type Action = 'restart' | 'halt';

/** PROC_PID_INIT_INO of <linux/proc_ns.h>: the inode of the machine's own pid namespace, on every kernel. */
const INITIAL_PID_NAMESPACE = 0xeffffffc;

export function power(argv: readonly string[]): never {
  const { action, target, inode } = parsePower(argv);
  setNotDumpable();
  const from = { target };
  const pinned = pinNamespaces([
    { type: 'pid', inode, from },
    { type: 'mnt', inode: null, from },
  ]);
  const [pid, mnt] = pinned;
  if (!pid || !mnt?.target) throw new Error('nothing was pinned');
  const procFd = openSync('/proc', constants.O_RDONLY | constants.O_DIRECTORY);
  refuseOwn(pid, procFd);
  refuseForeignPidNamespace(pid, procFd);
  if (process.geteuid?.() === 0) restartReadOnly(givenEnvironment());
  // The child has the target's root directory: a process in there that can look into it sees only the files it can see already.
  joinAll(stillToJoin(pinned, mnt.target.root !== null && isAnotherRoot(mnt.target.root), procFd), mnt.target.root);
  // Children will now be in the joined pid namespace. Check once more that it is the target's, and not the machine's.
  verifyJoined(pinned, procFd);
  // A process in there could find these descriptors in the child.
  for (const fd of [procFd, ...pinned.map((namespace) => namespace.fd), mnt.target.root])
    if (fd !== null) closeSync(fd);
  end(action, pid);
  // At once: Node's own end might look for files, which are the target's by now.
  return exitNow(0);
}

function end(action: Action, { source, target }: PinnedNamespace): void {
  try {
    rebootJoinedPidNamespace(action);
  } catch (error) {
    throw new HelperError('notPermitted', `the pid namespace of ${source} was not ended: ${reason(error)}`, {
      cause: error,
    });
  }
  // The kernel has killed its init by now; the others follow at once, and init as the last.
  const WAIT_MS = 2000;
  if (target !== null && pidfdAlive(target.pidfd, WAIT_MS))
    throw new HelperError('joinFailed', `${source} was killed, but has not ended yet; look at what it waits for`);
}

function refuseOwn(namespace: PinnedNamespace, procFd: number): void {
  if (!isIn(namespace, procFd) && namespace.inode !== INITIAL_PID_NAMESPACE) return;
  throw new HelperError(
    'notPermitted',
    `${namespace.source} is in the machine's own pid namespace: reboot(2) there would end the machine itself, which ns-helper never does`,
  );
}

const bad = (message: string): HelperError => new HelperError('badArguments', `${message} (see ns-helper --help)`);

function parseAction(text: string | undefined): Action {
  if (text === 'restart' || text === 'halt') return text;
  throw bad(`power: ${text === undefined ? 'nothing' : quote(text)} is not restart or halt`);
}

/** `restart|halt --target PID[@STARTTIME] [--inode N]` */
export function parsePower([action, ...options]: readonly string[]): {
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
