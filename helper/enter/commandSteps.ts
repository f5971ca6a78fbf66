// How a joiner that has joined and become everything comes to the command. Pure.
import { quote } from '../errors';
import { type Step, strings, text } from '../joiner/image';
import { end, fail, failure, say } from '../joiner/steps';
import { limitBytes, RLIMIT_NOFILE } from '../syscalls/exec';
import { AT_FDCWD } from '../syscalls/files';
import { NAMESPACE_NAMES } from '../namespaceTypes';
import { bytesOf } from './bytes';
import { type Environment, getVariable } from './environment';
import type { Limit } from './limits';
import { linkOf } from './links';
import { candidatesOf, NO_LOADER, notRunnable } from './program';
import type { Place } from './state';
import { whyTooLong } from './tooLong';

/**
 * Makes the child that is in a pid namespace which was joined or made: a child of whoever started the joiner (clone(2), CLONE_PARENT), who is
 * told its pid through `fd`, or the negative errno, as 4 bytes. `first` is the child's first step.
 */
export function fork(fd: number, first: Step): Step[] {
  const [CLONE_PARENT, SIGCHLD] = [0x8000, 17];
  const clone: Step = { call: 'clone', args: [CLONE_PARENT | SIGCHLD], at: { result: 0, step: first } };
  return [clone, { call: 'write', args: [fd, clone, 4] }, end(0)];
}

/** A byte to whoever started the joiner. */
export const tellReady = (fd: number): Step => ({ call: 'write', args: [fd, Buffer.from('.'), 1] });

/** Whether this process ends where nobody reads what it says (signal(7), SIGPIPE), as a command is to be started. */
export function onBrokenPipe(what: 'end' | 'goOn'): Step {
  const [SIGPIPE, SIG_DFL, SIG_IGN, SIGNAL_SET_SIZE] = [13, 0, 1, 8];
  const action = Buffer.alloc(32); // The kernel's struct sigaction, which begins with the handler.
  action.writeUInt8(what === 'end' ? SIG_DFL : SIG_IGN);
  return { call: 'rt_sigaction', args: [SIGPIPE, action, 0, SIGNAL_SET_SIZE] };
}

/** Waits for a byte; ends where none comes, since whoever was to write it is gone. */
export function awaitWord(fd: number, next: Step): Step[] {
  return [{ call: 'read', args: [fd, Buffer.alloc(1), 1], at: { result: 1, step: next } }, end(1)];
}

/** No descriptor from 3 on is left, close_range(2): from here on paths are looked up that the caller or the target chose. */
export const closeAll = (): Step => ({
  call: 'close_range',
  args: [3, 0xffffffff, 0],
  failure: failure('internal', 'close_range: '),
});

/** None but this one is left, from 3 on. */
export const closeAllBut = (fd: number): Step[] => [
  ...(fd === 3 ? [] : [{ ...closeAll(), args: [3, fd - 1, 0] }]),
  { ...closeAll(), args: [fd + 1, 0xffffffff, 0] },
];

/** To a pinned one. */
export const enterDirectory = ({ fd, path }: Place): Step => ({
  call: 'fchdir',
  args: [fd],
  failure: failure('badDirectory', `cannot change to ${path}: `, '; give another --cwd'),
});

export const changeDirectory = (path: string): Step => ({
  call: 'chdir',
  args: [text(bytesOf(path))],
  failure: failure('badDirectory', `cannot change to ${quote(path)} in the target: `, '; give another --cwd'),
});

/** The soft limit of open files, no higher than the hard one. */
export const setSoftOpenFiles = (soft: number, hard: number | null): Step => ({
  call: 'prlimit64',
  args: [0, RLIMIT_NOFILE, limitBytes(hard === null ? soft : Math.min(soft, hard), hard), 0],
});

/** prlimit(2), of the joiner itself. Some limits may not be set: takeOnLimits() has reported these. */
export const setLimits = (limits: readonly Limit[]): Step[] =>
  limits.map(({ resource, soft, hard }) => ({ call: 'prlimit64', args: [0, resource, limitBytes(soft, hard), 0] }));

/**
 * The command, by PATH as execvp(3) does it: what the kernel does not know is a script for sh. Past all candidates nothing was executed,
 * and it is said why.
 */
export function executeCommand(command: readonly string[], environment: Environment): Step[] {
  const [name = '', ...rest] = command;
  const [argv, env] = [strings(command.map(bytesOf)), strings(environment)];
  const candidates = candidatesOf(name, getVariable(environment, 'PATH')).map((path) => ({
    path,
    file: text(bytesOf(path)),
  }));
  const exec = (file: Buffer): Step => ({ call: 'execve', args: [file, argv, env] });

  const asScripts = candidates.map(({ path, file }): Step => ({
    call: 'execve',
    args: [text('/bin/sh'), [...['sh'].map(text), file, ...rest.map((argument) => text(bytesOf(argument))), 0], env],
    failure: failure('notExecutable', `${quote(path)} cannot be executed: `),
  }));
  const tries = candidates.map(({ file }, index): Step => {
    const script = asScripts[index];
    return { ...exec(file), ...(script && { at: { result: -ENOEXEC, step: script } }) };
  });
  const [isMissing, isForbidden, isTooLong, lacksLoader] = [
    fail('notFound', notRunnable(name, false).message),
    fail('notExecutable', notRunnable(name, true).message),
    fail('notExecutable', `${quote(name)} cannot be executed: ${whyTooLong(command.map(bytesOf), environment)}`),
    fail('notExecutable', `${quote(name)} cannot be executed: ${NO_LOADER}`),
  ];
  // Of the first one that is there, the kernel is asked for its reason again.
  const reasons = candidates.map(({ path, file }): Step[] => [
    { ...exec(file), at: { result: -EACCES, step: isForbidden } },
    { ...exec(file), at: { result: -E2BIG, step: isTooLong } },
    {
      ...exec(file),
      at: { result: -ENOENT, step: lacksLoader },
      failure: failure('notExecutable', `${quote(path)} cannot be executed: `),
    },
  ]);
  const looks = candidates.map(({ file }, index): Step => {
    const [reason = isMissing] = reasons[index] ?? [];
    return { call: 'faccessat', args: [AT_FDCWD, file, 0], at: { result: 0, step: reason } };
  });
  return [
    onBrokenPipe('end'),
    ...tries,
    onBrokenPipe('goOn'),
    ...looks,
    isMissing,
    isForbidden,
    isTooLong,
    lacksLoader,
    ...asScripts,
    ...reasons.flat(),
  ];
}

const [ENOENT, E2BIG, ENOEXEC, EACCES] = [2, 7, 8, 13];

/**
 * The rest of a line on standard error: the namespaces that this process is in, as describeSelf() of join.ts has them. `read` is for when
 * it has the host's /proc, `procFd`.
 */
export function linksOf(procFd: number): { read: Step[]; say: Step[] } {
  const links = NAMESPACE_NAMES.map((type) => ({
    type,
    // Inodes of namespaces have ten digits: the kernel counts from 0xf0000000 on (include/linux/proc_fs.h, PROC_DYNAMIC_FIRST).
    link: Buffer.from(`${type}:[?]`.padEnd(`${type}:[4026531840]`.length)),
  }));
  return {
    read: links.map(({ type, link }) => ({
      call: 'readlinkat',
      args: [procFd, text(linkOf(type)), link, link.length],
    })),
    say: [
      ...links.flatMap(({ link }): Step[] => [say(' '), { call: 'write', args: [2, link, link.length] }]),
      say('\n'),
    ],
  };
}

/** uname(2) into `fd`: a `struct utsname`. */
export const tellNames = (fd: number, names = Buffer.alloc(UTSNAME_SIZE)): Step[] => [
  { call: 'uname', args: [names] },
  { call: 'write', args: [fd, names, names.length] },
  end(0),
];
export const UTSNAME_SIZE = 6 * 65;
