// Names and homes of user ids, from /etc/passwd. Not from directories (LDAP): a scan asks no service.
import { readFileSync } from 'node:fs';

interface Account {
  readonly name: string;
  readonly home: string;
}

export class Accounts {
  #accounts: Map<number, Account> | null = null;

  constructor(private readonly file = '/etc/passwd') {}

  /** Null for an id without a name. */
  name(uid: number): string | null {
    return this.#find(uid)?.name ?? null;
  }

  home(uid: number): string | null {
    return this.#find(uid)?.home ?? null;
  }

  #find(uid: number): Account | undefined {
    this.#accounts ??= this.#read();
    return this.#accounts.get(uid);
  }

  #read(): Map<number, Account> {
    try {
      const lines = readFileSync(this.file, 'utf8').split('\n').reverse();
      // Reversed, so that of two names for one id the first one counts, as it does for getpwuid(3).
      return new Map(
        lines
          .map((line) => line.split(':'))
          .map(([name = '', , uid, , , home = '']) => [Number(uid ?? NaN), { name, home }]),
      );
    } catch {
      return new Map();
    }
  }
}
