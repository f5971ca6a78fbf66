// Details of a container as they came: V8 neither copies bytes nor collects them, and of most containers nobody asks. Pure.
import type { Details } from '../model/container';
import type { SentDetails } from './pictureNews';

export class DetailsInBytes implements Details {
  readonly #text: Buffer;
  readonly #start: number;
  readonly #end: number;

  /** From `start` to `end` lie SentDetails as JSON. */
  constructor(text: Buffer, start: number, end: number) {
    this.#text = text;
    this.#start = start;
    this.#end = end;
  }

  get labels(): Details['labels'] {
    return this.#parsed()[0];
  }

  get processes(): Details['processes'] {
    return this.#parsed()[1];
  }

  /** To the byte. */
  isSame(other: Details): boolean {
    return (
      other instanceof DetailsInBytes &&
      this.#text.compare(other.#text, other.#start, other.#end, this.#start, this.#end) === 0
    );
  }

  #parsed(): SentDetails {
    return JSON.parse(this.#text.toString('utf8', this.#start, this.#end)) as SentDetails;
  }
}
