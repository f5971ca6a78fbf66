// Names of user ids, from /etc/passwd. Not from directories (LDAP): a scan asks no service.
import { readFileSync } from 'node:fs';

export class Accounts {
  #names: Map<number, string> | null = null;

  constructor(private readonly file = '/etc/passwd') {}

  /** Null for an id without a name. */
  name(uid: number): string | null {
    this.#names ??= this.#read();
    return this.#names.get(uid) ?? null;
  }

  #read(): Map<number, string> {
    try {
      const lines = readFileSync(this.file, 'utf8').split('\n').reverse();
      // Reversed, so that of two names for one id the first one counts, as it does for getpwuid(3).
      return new Map(lines.map((line) => line.split(':')).map(([name = '', , uid]) => [Number(uid ?? NaN), name]));
    } catch {
      return new Map();
    }
  }
}
