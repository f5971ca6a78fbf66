// JSON that is kept as the bytes that came: V8 neither copies nor collects them, and of most nobody asks. Pure.

export class KeptText {
  readonly #text: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** All of `text` is kept while this is. */
  constructor(text: Buffer, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  /** Anew each time. */
  parse(): unknown {
    return JSON.parse(this.#text.toString('utf8', this.#start, this.#end));
  }

  /** To the byte. */
  isSame(other: KeptText): boolean {
    return this.#text.compare(other.#text, other.#start, other.#end, this.#start, this.#end) === 0;
  }
}
