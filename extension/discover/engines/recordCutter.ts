// The objects in a JSON array, cut out of its text, in the pieces in which that came: an engine with many containers answers
// with megabytes, and who parses them at a time keeps the whole editor waiting. Pure; whether an object is one is seen when it is parsed.
import { MalformedError } from './failure';

const BETWEEN = ' \t\r\n,';

export class RecordCutter {
  /** 1 in the array, more in an object of it. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ended = false;
  /** Of the object that is not whole yet. */
  #begun = '';

  /** Those that end in this piece. Throws a MalformedError where the text is no array of objects. */
  *cut(piece: string): Generator<string, undefined> {
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const character = piece[at] ?? '';
      if (this.#inString) this.#passInString(character);
      else if (this.#depth < 2) {
        this.#passBetween(character);
        start = at;
      } else if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') {
        this.#depth--;
        if (this.#depth > 1) continue;
        yield this.#begun + piece.slice(start, at + 1);
        this.#begun = '';
      }
    }
    if (this.#depth > 1) this.#begun += piece.slice(start);
  }

  /** Throws a MalformedError where the text was no whole array. */
  end(): void {
    if (!this.#ended) throw new MalformedError('JSON');
  }

  #passInString(character: string): void {
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') this.#inString = false;
  }

  #passBetween(character: string): void {
    if (character === '{' && this.#depth === 1) this.#depth = 2;
    else if (character === '[' && this.#depth === 0 && !this.#ended) this.#depth = 1;
    else if (character === ']' && this.#depth === 1) {
      this.#depth = 0;
      this.#ended = true;
    } else if (!BETWEEN.includes(character)) throw new MalformedError('JSON');
  }
}
