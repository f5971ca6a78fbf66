// To the kernel, arguments and paths are bytes and need not be UTF-8. Here they are strings in which each byte that is not valid
// UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, as in Python (PEP 383). Nothing is lost on the way there and back.
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

const LONE = 0xdc00;

export function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((count) => isUtf8(bytes.subarray(at, at + count)));
    text +=
      length === undefined ? String.fromCharCode(LONE + bytes.readUInt8(at)) : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** The inverse of textOf(). */
export function bytesOf(text: string): Buffer {
  if (!/[\udc80-\udcff]/u.test(text)) return Buffer.from(text);
  const characters = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= LONE + 0x80 && code <= LONE + 0xff ? Buffer.of(code - LONE) : Buffer.from(character);
  });
  return Buffer.concat(characters);
}

/** The helper's arguments. In process.argv, Node has replaced every byte that is not valid UTF-8. */
export function ownArguments(): string[] {
  const args = process.argv.slice(2);
  if (!args.some((argument) => argument.includes('\ufffd'))) return args;
  // Each ends with a NUL (proc_pid_cmdline(5)); Node's own options come before them.
  const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
  return all.slice(all.length - args.length).map((argument) => textOf(Buffer.from(argument, 'latin1')));
}
