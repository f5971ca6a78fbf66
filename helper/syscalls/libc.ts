// The only place that talks to koffi: what loads it, and what declares functions of the C library. The files beside this one
// wrap them thinly, named as in the man pages; every wrapper throws SyscallError. All act on the calling thread or process;
// callers stay on the main thread (see helper/README.md, "One thread").
import type * as Koffi from 'koffi';
import { join } from 'node:path';
import { SyscallError } from '../errors';

// koffi's native file itself, copied beside the bundle: koffi's own loader costs ten times what the file does.
const koffiFile = join(__dirname, 'koffi.node');

let loaded: typeof Koffi | undefined;
let library: ReturnType<typeof Koffi.load> | undefined;

/** koffi, loaded at its first use: another verb than this bundle's makes no system call here. */
export function koffi(): typeof Koffi {
  if (loaded) return loaded;
  // What require() does for such a file, which it would have to find by its name.
  const native: { exports: unknown } = { exports: {} };
  process.dlopen(native, koffiFile);
  loaded = native.exports as typeof Koffi;
  return loaded;
}

type Call = (...args: unknown[]) => number;

/** Of a function that takes any number of them, or more than declare() hands on by name. */
const MANY_ARGUMENTS = /\.\.\.|(,.*){6}/;

/** A function of the C library; koffi reads its prototype at the first call, since most are never called in one run. */
export function declare(prototype: string): Call {
  let call: Call = (...args) => {
    library ??= koffi().load(null);
    call = library.func(prototype) as Call;
    return call(...args);
  };
  if (MANY_ARGUMENTS.test(prototype)) return (...args) => call(...args);
  // A scan makes ten thousands of calls, and a list of the arguments of each would be garbage. koffi looks at no more than there are.
  return (a, b, c, d, e, f) => call(a, b, c, d, e, f);
}

/** One that waits, and so is called on a thread of libuv's; `done` is told the result later, on this one, or -1 where koffi fails. */
export function declareOnThread(prototype: string): (args: readonly unknown[], done: (result: number) => void) => void {
  let call: ReturnType<ReturnType<typeof Koffi.load>['func']> | undefined;
  return (args, done) => {
    library ??= koffi().load(null);
    call ??= library.func(prototype);
    call.async(...args, (error: unknown, result: number) => {
      done(error ? -1 : result);
    });
  };
}

export const syscall = declare('long syscall(long number, ...)');

/** From <asm/unistd.h>, of calls from before all architectures had one table; for those that there are packages for. */
const NUMBERS = {
  x64: { statx: 332, rtSigaction: 13, keyctl: 250, setresuid: 117, seccomp: 317 },
  arm64: { statx: 291, rtSigaction: 134, keyctl: 219, setresuid: 147, seccomp: 277 },
  arm: { statx: 397, rtSigaction: 174, keyctl: 311, setresuid: 208, seccomp: 383 },
};

export const numbers = NUMBERS[process.arch as keyof typeof NUMBERS];

export function check(name: string, result: number): number {
  if (result < 0) throw new SyscallError(name, koffi().errno());
  return result;
}
