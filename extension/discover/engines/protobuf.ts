// Messages of Protocol Buffers by field number, as far as Kubernetes' CRI needs them (protobuf.dev/programming-guides/encoding).
// Pure. What comes in is some program's word: every length is checked. Left out: signed and repeated numbers, groups.

import { MalformedError } from './failure';

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];

/** Fields by number: text, a message, or a number that is not negative. */
export function encodeMessage(fields: Readonly<Record<number, string | Buffer | number>>): Buffer {
  const parts = Object.entries(fields).flatMap(([field, value]) => {
    const tag = Number(field) * 8;
    if (typeof value === 'number') return [encodeVarint(tag + VARINT), encodeVarint(value)];
    const bytes = Buffer.from(value);
    return [encodeVarint(tag + BYTES), encodeVarint(bytes.length), bytes];
  });
  return Buffer.concat(parts);
}

/** Throws MalformedError where the bytes are no message. What a field is called by another type than expected counts as not there. */
export class Message {
  readonly #fields = new Map<number, (number | Buffer)[]>();

  constructor(bytes: Buffer) {
    const reader = new Reader(bytes);
    while (!reader.atEnd) {
      const tag = reader.varint();
      const value = reader.value(tag & 7);
      const values = this.#fields.get(tag >>> 3);
      if (values) values.push(value);
      else this.#fields.set(tag >>> 3, [value]);
    }
  }

  /** Zero where it is not there, as the format has it. */
  number(field: number): number {
    const value = this.#fields.get(field)?.at(-1);
    return typeof value === 'number' ? value : 0;
  }

  text(field: number): string {
    return this.#bytes(field).at(-1)?.toString() ?? '';
  }

  message(field: number): Message {
    return new Message(this.#bytes(field).at(-1) ?? Buffer.alloc(0));
  }

  messages(field: number): Message[] {
    return this.#bytes(field).map((bytes) => new Message(bytes));
  }

  /** A map of texts: a message for each entry. */
  texts(field: number): Record<string, string> {
    return Object.fromEntries(this.messages(field).map((entry) => [entry.text(1), entry.text(2)]));
  }

  #bytes(field: number): Buffer[] {
    return (this.#fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value));
  }
}

class Reader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  value(type: number): number | Buffer {
    if (type === VARINT) return this.varint();
    if (type === BYTES) return this.#take(this.varint());
    if (type === FIXED64) return this.#take(8);
    if (type === FIXED32) return this.#take(4);
    throw new MalformedError(`protobuf (wire-type ${type})`);
  }

  /** Of numbers above 2^53, such as times, the lowest bits are lost. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.#take(1).readUInt8();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new MalformedError('protobuf (varint)');
  }

  #take(length: number): Buffer {
    const taken = this.bytes.subarray(this.#at, this.#at + length);
    if (taken.length !== length) throw new MalformedError('protobuf (length)');
    this.#at += length;
    return taken;
  }
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}
