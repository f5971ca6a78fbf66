// seccomp(2): which system calls a program may make, decided by a filter of ours in the kernel.
import { SyscallError } from '../errors';
import { koffi, numbers, syscall } from './libc';

/**
 * Installs a filter, a program of <linux/filter.h>, for this thread and all that it starts. Takes CAP_SYS_ADMIN over the own user
 * namespace, or no_new_privs.
 */
export function filterCalls(program: Buffer): void {
  const SECCOMP_SET_MODE_FILTER = 1;
  // Before Linux 5.16 a filter would slow down programs on processors with Spectre; ours has nothing to hide.
  const SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4;
  const INSTRUCTION = 8;
  const pointerSize = koffi().sizeof('void *');
  const description = Buffer.alloc(2 * pointerSize); // struct sock_fprog
  description.writeUInt16LE(program.length / INSTRUCTION, 0);
  const address = koffi().address(program);
  if (pointerSize === 8) description.writeBigUInt64LE(address, 8);
  else description.writeUInt32LE(Number(address), 4);
  const what = ['unsigned int', SECCOMP_SET_MODE_FILTER, 'unsigned int', SECCOMP_FILTER_FLAG_SPEC_ALLOW] as const;
  if (syscall(numbers.seccomp, ...what, 'void *', description) < 0) throw new SyscallError('seccomp', koffi().errno());
}
