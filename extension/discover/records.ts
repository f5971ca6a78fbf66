// The objects in the lists of a JSON text, found without parsing them: of a large document most are the same as in the one
// before, and are not worth parsing again. In bytes, which V8 neither copies nor collects. Pure.

export interface CutText {
  /** The text, with a number in place of each run of records with nothing but a comma between them: where it is in `runs`. */
  readonly outline: string;
  /** Of each run its first record, and the one after its last. */
  readonly runs: readonly { readonly first: number; readonly end: number }[];
  /** Of each record, in the order of the text; plain numbers, since there are thousands of records. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The same where the bytes are the same, seldom where they are not. */
  readonly hashes: readonly number[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d];
const [OPEN, CLOSE] = [0x7b, 0x7d];
/** FNV-1a's. */
const [FIRST_HASH, HASH_FACTOR] = [0x811c9dc5, 0x01000193];

/** Of a text that is no JSON, the outline or a record is no JSON either; here nothing is checked. */
export function cutRecords(text: Buffer): CutText {
  const starts: number[] = [];
  const ends: number[] = [];
  const hashes: number[] = [];
  const runs: { first: number; end: number }[] = [];
  let outline = '';
  /** Up to here the text is in the outline or in a record. */
  let done = 0;
  let depth = 0;
  let inList = false;
  let inRecord = false;
  let inString = false;
  let isEscaped = false;
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (inRecord) hash = Math.imul(hash ^ byte, HASH_FACTOR);
    if (isEscaped) isEscaped = false;
    else if (inString) {
      if (byte === QUOTE) inString = false;
      else if (byte === BACKSLASH) isEscaped = true;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_LIST || byte === OPEN) {
      depth++;
      if (depth === 2) inList = byte === OPEN_LIST;
      if (depth !== 3 || !inList || byte === OPEN_LIST) continue;
      inRecord = true;
      hash = FIRST_HASH;
      // The comma that was left out stands between two records: the text between two lists is longer.
      if (runs.length === 0 || at - done !== 1 || text[done] !== COMMA) {
        outline += `${text.toString('utf8', done, at)} ${runs.length}`;
        runs.push({ first: starts.length, end: starts.length });
      }
      starts.push(at);
      done = at;
    } else if (byte === CLOSE_LIST || byte === CLOSE) {
      depth--;
      if (depth !== 2 || !inRecord) continue;
      inRecord = false;
      done = at + 1;
      ends.push(done);
      hashes.push(hash);
      const run = runs.at(-1);
      if (run) run.end = ends.length;
    }
  }
  return { outline: outline + text.toString('utf8', done), runs, starts, ends, hashes };
}
