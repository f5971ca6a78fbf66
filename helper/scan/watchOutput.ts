// Writes lines to a reader that may be slow: what waits is replaced by what is newer, so that there is never more than
// one line in the pipe and one that waits.
import type { Writable } from 'node:stream';

export class NewestLine {
  #busy = false;
  #waiting: string | null = null;

  constructor(private readonly output: Pick<Writable, 'write'>) {}

  write(line: string): void {
    if (this.#busy) {
      this.#waiting = line;
      return;
    }
    this.#busy = true;
    this.output.write(`${line}\n`, () => {
      this.#busy = false;
      const next = this.#waiting;
      this.#waiting = null;
      if (next !== null) this.write(next);
    });
  }
}
