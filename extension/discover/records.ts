// The objects in the lists of a JSON text, cut out without parsing them: of a large document most are the same as in the one
// before, and parsing it as a whole would take too long at a time. Pure.
import type { Work } from './slices';

export interface CutText {
  /** The text, with a number in each record's place: where the record is in `records`. */
  readonly outline: string;
  readonly records: readonly string[];
}

/** Of a text that is no JSON, the outline or a record is no JSON either; here nothing is checked. */
export function* cutRecords(text: string): Work<CutText> {
  const records: string[] = [];
  let outline = '';
  /** Up to here the text is in the outline or in records. */
  let done = 0;
  let depth = 0;
  let inList = false;
  let inRecord = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === '[' || character === '{') {
      depth++;
      if (depth === 2) inList = character === '[';
      if (depth !== 3 || !inList || character === '[') continue;
      inRecord = true;
      outline += text.slice(done, at) + String(records.length);
      done = at;
    } else if (character === ']' || character === '}') {
      depth--;
      if (depth !== 2 || !inRecord) continue;
      inRecord = false;
      records.push(text.slice(done, at + 1));
      done = at + 1;
      yield;
    }
  }
  return { outline: outline + text.slice(done), records };
}

function endOfString(text: string, start: number): number {
  let end = start;
  do end = text.indexOf('"', end + 1);
  while (end >= 0 && isEscaped(text, end));
  return end < 0 ? text.length : end;
}

/** A backslash that is escaped itself escapes nothing. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
