// The filter that keeps programs from typing into their terminal, run instruction by instruction as the kernel does
// (seccomp(2), <linux/filter.h>): for the ways to make a call that one machine does not have, too.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ABIS, typingFilter } from '../../helper/enter/terminalInput';

const [X86_64, I386, AARCH64, ARM] = [0xc000003e, 0x40000003, 0xc00000b7, 0x40000028];
const [TIOCSTI, TIOCLINUX, TIOCGWINSZ] = [0x5412, 0x541c, 0x5413];
const ALLOW = 0x7fff0000;
const EPERM = 0x00050001;

interface Call {
  arch: number;
  number: number;
  /** The lower and the upper half of the second argument. */
  request: [number, number];
}

/** What the filter answers. */
function answer(program: Buffer, { arch, number, request }: Call): number {
  const data = Buffer.alloc(64); // struct seccomp_data
  [number, arch].forEach((value, index) => data.writeUInt32LE(value, index * 4));
  request.forEach((half, index) => data.writeUInt32LE(half, 24 + index * 4));
  let value = 0;
  for (let at = 0; ; at += 8) {
    const operand = program.readUInt32LE(at + 4);
    switch (program.readUInt16LE(at)) {
      case 0x20:
        value = data.readUInt32LE(operand);
        break;
      case 0x15:
        at += 8 * program.readUInt8(at + (value === operand ? 2 : 3));
        break;
      case 0x06:
        return operand;
      default:
        assert.fail(`an instruction that is not known here, at ${at / 8}`);
    }
  }
}

describe('the filter against typing into the terminal', () => {
  const CASES: ['x64' | 'arm', string, Omit<Call, 'request'>][] = [
    ['x64', 'ioctl', { arch: X86_64, number: 16 }],
    ['x64', 'ioctl of x32', { arch: X86_64, number: 0x40000000 + 514 }],
    ['x64', 'ioctl by the bit of x32 alone', { arch: X86_64, number: 0x40000000 + 16 }],
    ['x64', 'ioctl of i386', { arch: I386, number: 54 }],
    ['arm', 'ioctl', { arch: AARCH64, number: 29 }],
    ['arm', 'ioctl of 32 bits', { arch: ARM, number: 54 }],
  ];
  for (const [machine, name, call] of CASES) {
    it(`${machine}, ${name}: refused for what types, whatever is above the 32 bits that the kernel reads`, () => {
      const program = typingFilter(ABIS[machine]);
      for (const upper of [0, 1, 0xffffffff]) {
        for (const request of [TIOCSTI, TIOCLINUX])
          assert.equal(answer(program, { ...call, request: [request, upper] }), EPERM);
        assert.equal(answer(program, { ...call, request: [TIOCGWINSZ, upper] }), ALLOW);
      }
    });
  }

  it('all other calls are let through', () => {
    for (const machine of ['x64', 'arm'] as const) {
      const program = typingFilter(ABIS[machine]);
      const ioctls = new Set(ABIS[machine].flatMap(({ arch, ioctl }) => ioctl.map((number) => `${arch} ${number}`)));
      const arch = fc.oneof(fc.constantFrom(X86_64, I386, AARCH64, ARM), fc.integer({ min: 0, max: 0xffffffff }));
      const number = fc.oneof(fc.nat(600), fc.integer({ min: 0x40000000, max: 0x40000400 }));
      const request = fc.constantFrom(TIOCSTI, TIOCLINUX, TIOCGWINSZ);
      fc.assert(
        fc.property(arch, number, request, (which, called, asked) => {
          const expected = ioctls.has(`${which} ${called}`) && asked !== TIOCGWINSZ ? EPERM : ALLOW;
          assert.equal(answer(program, { arch: which, number: called, request: [asked, 0] }), expected);
        }),
        { numRuns: 20_000 },
      );
    }
  });
});
