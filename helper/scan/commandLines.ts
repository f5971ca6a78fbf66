// Command lines of containers' processes, each read once for all who ask. A process writes into its own what it likes, so
// only the start is read.
import type { Memory } from './memory';
import { parseArguments } from './parse';
import { tryReadRecord } from './procfs';

/** A path can have as many (PATH_MAX), and it is argv[0] that names a sandbox. */
const LIMIT = 4096;
const LONGEST_TEXT = 200;

export class CommandLines {
  readonly #read = new Map<number, readonly string[]>();

  constructor(
    private readonly root: string,
    private readonly memory: Memory,
  ) {}

  /** Empty for a process that has none, or is gone. */
  read(pid: number): readonly string[] {
    const known = this.#read.get(pid);
    if (known) return known;
    const argv = this.memory.recall(pid, 'command line', () =>
      parseArguments(tryReadRecord(`${this.root}/${pid}/cmdline`, LIMIT) ?? ''),
    );
    this.#read.set(pid, argv);
    return argv;
  }

  /** The same on one line, cut off where it is longer. */
  text(pid: number): string {
    return this.memory.recall(pid, 'command', () => this.read(pid).join(' ').slice(0, LONGEST_TEXT));
  }
}
