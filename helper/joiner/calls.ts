// Numbers of the system calls that a joiner makes, from <asm/unistd.h> of each architecture that there are packages for.
import type { Processor } from './machineCode';

const NUMBERS = {
  capset: { x64: 126, arm64: 91, arm: 185 },
  chdir: { x64: 80, arm64: 49, arm: 12 },
  chroot: { x64: 161, arm64: 51, arm: 61 },
  clone: { x64: 56, arm64: 220, arm: 120 },
  close: { x64: 3, arm64: 57, arm: 6 },
  close_range: { x64: 436, arm64: 436, arm: 436 },
  execve: { x64: 59, arm64: 221, arm: 11 },
  exit_group: { x64: 231, arm64: 94, arm: 248 },
  faccessat: { x64: 269, arm64: 48, arm: 334 },
  fchdir: { x64: 81, arm64: 50, arm: 133 },
  fchmod: { x64: 91, arm64: 52, arm: 94 },
  ioctl: { x64: 16, arm64: 29, arm: 54 },
  keyctl: { x64: 250, arm64: 219, arm: 311 },
  mount: { x64: 165, arm64: 40, arm: 21 },
  openat: { x64: 257, arm64: 56, arm: 322 },
  prctl: { x64: 157, arm64: 167, arm: 172 },
  prlimit64: { x64: 302, arm64: 261, arm: 369 },
  read: { x64: 0, arm64: 63, arm: 3 },
  readlinkat: { x64: 267, arm64: 78, arm: 332 },
  rt_sigaction: { x64: 13, arm64: 134, arm: 174 },
  seccomp: { x64: 317, arm64: 277, arm: 383 },
  setgroups: { x64: 116, arm64: 159, arm: 206 },
  setns: { x64: 308, arm64: 268, arm: 375 },
  setresgid: { x64: 119, arm64: 149, arm: 210 },
  setresuid: { x64: 117, arm64: 147, arm: 208 },
  socket: { x64: 41, arm64: 198, arm: 281 },
  umount2: { x64: 166, arm64: 39, arm: 52 },
  uname: { x64: 63, arm64: 160, arm: 122 },
  unshare: { x64: 272, arm64: 97, arm: 337 },
  wait4: { x64: 61, arm64: 260, arm: 114 },
  write: { x64: 1, arm64: 64, arm: 4 },
} as const satisfies Record<string, Record<Processor, number>>;

/** `same` compares two pieces of memory, see machineCode.ts. */
export type Call = keyof typeof NUMBERS | 'same';

export const callNumber = (call: Call, processor: Processor): number =>
  call === 'same' ? -1 : NUMBERS[call][processor];
