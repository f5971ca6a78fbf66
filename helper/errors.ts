// Errors carry step, object and cause; the sentence for people is made here, once. What is left out: who prints it.
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import { EXIT, type ExitCause } from './protocol';

/** A failure with an exit code of its own. `message` is one line: what failed, on what, why, what to do. */
export class HelperError extends Error {
  override readonly name = 'HelperError';
  constructor(
    readonly exit: ExitCause,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
  get code(): number {
    return EXIT[this.exit].code;
  }
}

/** A system call that failed. The wrappers in syscalls/ throw it; whoever knows the object turns it into a HelperError. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  readonly code: string;
  constructor(
    readonly syscall: string,
    readonly errno: number,
  ) {
    super(`${syscall}: ${describeErrno(errno)}`);
    this.code = getSystemErrorName(-errno);
  }
}

function describeErrno(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `errno ${errno}`;
}

/** The errno's name of whatever was thrown by a wrapper or by node:fs, or null. */
export function errorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** What went wrong in plain words, without Node's decoration (`ENOENT: …, open '/x'`). */
export function reason(error: unknown): string {
  if (error instanceof HelperError || error instanceof SyscallError) return error.message;
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number') {
    return getSystemErrorMap().get(error.errno)?.[1] ?? error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** A caller's text inside a message: quoted, control characters and line breaks escaped, so that it stays one line. */
export function quote(text: string): string {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  // JSON leaves DEL, C1 controls and what Unicode has of invisible, direction and line controls; a terminal would act on them.
  return JSON.stringify(shown).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
