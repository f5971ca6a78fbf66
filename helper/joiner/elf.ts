// The ELF file of a joiner: its code, and its list where the code looks for it. Pure.
import type { Processor } from './machineCode';

/** Each segment is at the same place within a page, of whatever size, as in the file. machineCode.ts has the list's address. */
const [CODE_ADDRESS, LIST_OFFSET] = [0x400000, 0x1000];
export const LIST_ADDRESS = 0x411000;

export const wordSizeOf = (processor: Processor): 4 | 8 => (processor === 'arm' ? 4 : 8);

/** elf(5): one segment to execute, one to write to, a stack that is not executed. */
export function elfFile(code: Buffer, list: Buffer, processor: Processor): Buffer {
  const image = Buffer.alloc(LIST_OFFSET + list.length);
  const start = writeHeaders(image, list.length, processor);
  code.copy(image, start);
  list.copy(image, LIST_OFFSET);
  return image;
}

/** Returns where the code begins. */
function writeHeaders(image: Buffer, listSize: number, processor: Processor): number {
  const wordSize = wordSizeOf(processor);
  const is64 = wordSize === 8;
  const [headerSize, segmentSize] = is64 ? [64, 56] : [52, 32];
  const segments = [
    { type: PT_LOAD, flags: PF_R | PF_X, offset: 0, address: CODE_ADDRESS, size: LIST_OFFSET },
    { type: PT_LOAD, flags: PF_R | PF_W, offset: LIST_OFFSET, address: LIST_ADDRESS, size: listSize },
    { type: PT_GNU_STACK, flags: PF_R | PF_W, offset: 0, address: 0, size: 0 },
  ];
  const start = headerSize + segments.length * segmentSize;
  let at = 0;
  const put = (size: 1 | 2 | 4 | 'word', ...values: number[]): void => {
    const bytes = size === 'word' ? wordSize : size;
    for (const value of values) {
      image.writeUIntLE(value, at, Math.min(bytes, 4));
      at += bytes;
    }
  };
  put(1, 0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, 1, 1, ...new Array<number>(9).fill(0));
  put(2, ET_EXEC, MACHINES[processor]);
  put(4, 1);
  put('word', CODE_ADDRESS + start, headerSize, 0);
  put(4, processor === 'arm' ? EF_ARM_EABI_VER5 : 0);
  put(2, headerSize, segmentSize, segments.length, 0, 0, 0);
  for (const { type, flags, offset, address, size } of segments) {
    put(4, type);
    if (is64) put(4, flags);
    put('word', offset, address, address, size, size);
    if (!is64) put(4, flags);
    put('word', SEGMENT_ALIGNMENT);
  }
  return start;
}

const MACHINES: Record<Processor, number> = { x64: 62, arm64: 183, arm: 40 };
const [ET_EXEC, PT_LOAD, PT_GNU_STACK] = [2, 1, 0x6474e551];
const [PF_X, PF_W, PF_R] = [1, 2, 4];
const EF_ARM_EABI_VER5 = 0x05000000;
/** The largest page that these architectures have. */
const SEGMENT_ALIGNMENT = 0x10000;
