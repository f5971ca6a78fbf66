// Ids as Docker makes them, and the engines after it: 64 hexadecimal digits, of which people use twelve. Pure.

/** As part of another pattern. */
export const HEX_ID = '(?<id>[0-9a-f]{64})';
const WHOLE_ID = new RegExp(`^${HEX_ID}$`);

export function isWholeId(text: string): boolean {
  return WHOLE_ID.test(text);
}

/** For people; any other id as it is. */
export function shortId(id: string): string {
  return isWholeId(id) ? id.slice(0, 12) : id;
}
