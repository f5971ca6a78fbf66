// A filter of system calls (seccomp(2)) around a program and all that comes of it: the kernel says yes to one of them and does nothing,
// refuses it, or kills whoever makes it.
import { writeFileSync } from 'node:fs';
import { type Call, callNumber } from '../../helper/joiner/calls';
import { joinerImage, strings, text } from '../../helper/joiner/image';
import type { Processor } from '../../helper/joiner/machineCode';

/** A call of the joiner's by which the helper itself is not met: by the number, and the value of one argument, in its lower 32 bits. */
export interface Rule {
  call: Exclude<Call, 'same'>;
  argument: number;
  value: number;
}

/** What the kernel does instead: ends the whole process, or returns an errno, 0 for success. */
export type Verdict = 'kill' | number;

/** Makes `file` a program that becomes `argv`, with this environment, below the filter: for each rule its verdict, all else is let through. */
export function writeFiltered(
  file: string,
  rules: readonly Rule[],
  verdict: Verdict,
  argv: readonly [string, ...string[]],
  environment: readonly string[],
): void {
  const SECCOMP_SET_MODE_FILTER = 1;
  const program = filter(rules, verdict);
  const image = joinerImage(
    [
      { call: 'seccomp', args: [SECCOMP_SET_MODE_FILTER, 0, [program.length / 8, program]] },
      { call: 'execve', args: [text(argv[0]), strings(argv), strings(environment)] },
    ],
    process.arch as Processor,
  );
  writeFileSync(file, image, { mode: 0o755 });
}

/** A program of <linux/filter.h>. */
function filter(rules: readonly Rule[], verdict: Verdict): Buffer {
  const [LOAD, IF_EQUAL, RETURN] = [0x20, 0x15, 0x06];
  const [ALLOW, KILL_PROCESS, ERRNO] = [0x7fff0000, 0x80000000, 0x00050000];
  const instructions = rules.flatMap(({ call, argument, value }) => [
    [LOAD, 0, 0, 0],
    [IF_EQUAL, 0, 3, callNumber(call, process.arch as Processor)],
    [LOAD, 0, 0, 16 + 8 * argument],
    [IF_EQUAL, 0, 1, value],
    [RETURN, 0, 0, verdict === 'kill' ? KILL_PROCESS : ERRNO + verdict],
  ]);
  const program = [...instructions, [RETURN, 0, 0, ALLOW]].map(([code = 0, ifTrue = 0, ifFalse = 0, operand = 0]) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(ifTrue, 2);
    bytes.writeUInt8(ifFalse, 3);
    bytes.writeUInt32LE(operand, 4);
    return bytes;
  });
  return Buffer.concat(program);
}
