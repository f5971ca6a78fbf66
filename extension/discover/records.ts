// The objects in the lists of a JSON text, cut out without parsing them: of a large document most are the same as in the one
// before, and parsing it as a whole would take too long at a time. Pure.
import type { Work } from '../shared/slices';

export interface CutText {
  /** The text, with a number in place of each run of records with nothing but a comma between them: where it is in `runs`. */
  readonly outline: string;
  readonly runs: readonly (readonly string[])[];
}

/**
 * Of a text that is no JSON, the outline or a record is no JSON either; here nothing is checked. The outline is small, however
 * many records there are: it is parsed at a time.
 */
export function* cutRecords(text: string): Work<CutText> {
  const runs: string[][] = [];
  let outline = '';
  /** Up to here the text is in the outline or in `runs`. */
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
      const between = text.slice(done, at);
      // The comma that was left out stands between two records: the text between two lists is longer.
      if (runs.length === 0 || between !== ',') {
        outline += `${between} ${runs.length}`;
        runs.push([]);
      }
      done = at;
    } else if (character === ']' || character === '}') {
      depth--;
      if (depth !== 2 || !inRecord) continue;
      inRecord = false;
      runs.at(-1)?.push(text.slice(done, at + 1));
      done = at + 1;
      yield;
    }
  }
  return { outline: outline + text.slice(done), runs };
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
