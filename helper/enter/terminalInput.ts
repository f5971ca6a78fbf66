// Keeps what is started from typing into its terminal: by TIOCSTI (ioctl_tty(2)) a program of a container's could leave a command
// line behind for the shell around it, which runs it as the person once the container's is over. Nothing of today takes that call;
// Flatpak, snapd and su(1) refuse it too. What is left out: terminals that belong to somebody else's session, where the kernel
// refuses it by itself.
import { existsSync } from 'node:fs';
import { reason } from '../errors';
import { filterCalls } from '../syscalls/seccomp';

interface Abi {
  /** AUDIT_ARCH_* of <linux/audit.h>. */
  arch: number;
  /** What ioctl(2) is called by. */
  ioctl: readonly number[];
}

/** One machine runs programs of both; which of them a call is made as is for the program to choose, from one call to the next. */
export const ABIS: Record<'x64' | 'arm', readonly Abi[]> = {
  x64: [
    // With the bit of x32 its own number, and the other one, which kernels before 5.4 took as well.
    { arch: 0xc000003e, ioctl: [16, 0x40000000 + 16, 0x40000000 + 514] },
    { arch: 0x40000003, ioctl: [54] },
  ],
  arm: [
    { arch: 0xc00000b7, ioctl: [29] },
    { arch: 0x40000028, ioctl: [54] },
  ],
};

/** TIOCSTI types a byte; TIOCLINUX pastes what is selected on a console. */
const REFUSED = [0x5412, 0x541c];

/** Returns why it could not be done, if so: a kernel without seccomp(2). */
export function refuseTyping(): string | null {
  try {
    filterCalls(ownTypingFilter());
    return null;
  } catch (error) {
    return reason(error);
  }
}

/** The filter for this machine. */
export const ownTypingFilter = (): Buffer => typingFilter(ABIS[process.arch === 'x64' ? 'x64' : 'arm']);

/** For --verbose. */
export const mayType = (why: string): string => `what runs in there can type into this terminal (TIOCSTI): ${why}`;

/** Whether the kernel knows filters: seccomp(2), since Linux 4.14. */
export const hasFilters = (): boolean => existsSync('/proc/sys/kernel/seccomp/actions_avail');

/** The filter's program (seccomp(2), bpf): ioctl with one of these requests fails with EPERM, all else is let through. */
export function typingFilter(abis: readonly Abi[]): Buffer {
  const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
  const IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
  const RETURN = 0x06; // BPF_RET | BPF_K
  const ALLOW: Instruction = [RETURN, 0, 0, 0x7fff0000];
  const REFUSE: Instruction = [RETURN, 0, 0, 0x00050000 + 1]; // SECCOMP_RET_ERRNO, EPERM
  // Offsets in struct seccomp_data. Of the request, as of the number, the kernel looks at the lower 32 bits alone.
  const [NUMBER, ARCH, REQUEST] = [0, 4, 24];

  const whetherRefused: Instruction[] = [
    [LOAD, 0, 0, REQUEST],
    ...REFUSED.map((request, index): Instruction => [IF_EQUAL, REFUSED.length - index, 0, request]),
    ALLOW,
    REFUSE,
  ];
  // From the last one on: each jumps over those after it, which are known by then.
  const rest = abis.reduceRight<Instruction[]>(
    (after, { arch, ioctl }) => {
      const calls = ioctl.map((number, index): Instruction => [
        IF_EQUAL,
        ioctl.length - index + after.length - whetherRefused.length,
        0,
        number,
      ]);
      return [[IF_EQUAL, 0, calls.length + 2, arch], [LOAD, 0, 0, NUMBER], ...calls, ALLOW, ...after];
    },
    [ALLOW, ...whetherRefused],
  );
  return encode([[LOAD, 0, 0, ARCH], ...rest]);
}

/** struct sock_filter: code, how many instructions to jump over where it is so and where not, operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

function encode(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, ifTrue, ifFalse, operand], index) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(ifTrue, index * 8 + 2);
    program.writeUInt8(ifFalse, index * 8 + 3);
    program.writeUInt32LE(operand, index * 8 + 4);
  });
  return program;
}
