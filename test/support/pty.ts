// A pseudo-terminal with a program in it, as an editor or terminal emulator makes one: keys go in, what is shown comes
// out, it can be resized and closed. The program leads a session of its own, whose controlling terminal this is.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants, fchownSync, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ReadStream } from 'node:tty';
import type * as Koffi from 'koffi';
import { waitFor } from './run';

/** Keys by which a terminal's line discipline sends signals (termios(3)). */
export const KEYS = { interrupt: '\x03', quit: '\x1c', suspend: '\x1a', endOfFile: '\x04' };

export interface TerminalOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  columns?: number;
  rows?: number;
  /** Who owns the terminal's device, as login(1) would have it. */
  owner?: { uid: number; gid: number };
}

export class Terminal {
  /** All that has been shown. */
  output = '';
  readonly #master: number;
  readonly #stream: ReadStream;
  readonly #child: ChildProcess;
  #seen = 0;
  #open = true;

  constructor(argv: readonly string[], { env, cwd, columns = 80, rows = 24, owner }: TerminalOptions = {}) {
    const { master, slave } = openPair();
    this.#master = master;
    this.resize(columns, rows);
    if (owner) fchownSync(slave, owner.uid, owner.gid);
    this.#child = spawn('setsid', ['--ctty', '--', ...argv], { env, cwd, stdio: [slave, slave, slave] });
    closeSync(slave);
    this.#stream = new ReadStream(master);
    this.#stream.on('data', (data: Buffer) => (this.output += data.toString()));
    // EIO: nobody has the other side open any more (pty(7)).
    this.#stream.on('error', () => undefined);
  }

  /** The program itself: setsid(1) has become it. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('setsid cannot be run');
    return this.#child.pid;
  }

  type(text: string): void {
    writeSync(this.#master, text);
  }

  /**
   * Waits until something is shown after what was last expected; by default for less than a test may take, so that what the
   * terminal shows instead is told.
   */
  async expect(what: RegExp, timeoutMs = 25_000): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | null => what.exec(this.output.slice(this.#seen));
    const found = await waitFor(`${what} on the terminal`, find, timeoutMs).catch((error: unknown) => {
      throw new Error(`${String(error)}; it shows:\n${JSON.stringify(this.output.slice(this.#seen))}`);
    });
    this.#seen += found.index + found[0].length;
    return found;
  }

  /** The kernel tells the foreground process group by SIGWINCH. */
  resize(columns: number, rows: number): void {
    const TIOCSWINSZ = 0x5414;
    ioctl(this.#master, TIOCSWINSZ, Buffer.from(new Uint16Array([rows, columns, 0, 0]).buffer));
  }

  /** Closes the terminal's own side, as a window that is closed: the kernel sends SIGHUP. */
  hangUp(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.destroy();
  }

  /** Waits until the program has ended; how, is what it resolves with. */
  ended(timeoutMs?: number): Promise<number | NodeJS.Signals> {
    const how = (): number | NodeJS.Signals | null => this.#child.exitCode ?? this.#child.signalCode;
    return waitFor('the program to end with its terminal', how, timeoutMs);
  }

  /** To be called at the end of each test. Rejects where the program does not end with its terminal. */
  async close(): Promise<void> {
    this.hangUp();
    await this.ended().catch((error: unknown) => {
      this.#child.kill('SIGKILL');
      throw error;
    });
  }
}

/** posix_openpt(3), unlockpt(3) and ptsname(3) by what they are made of, see ioctl_tty(2). */
function openPair(): { master: number; slave: number } {
  const TIOCGPTN = 0x80045430;
  const TIOCSPTLCK = 0x40045431;
  const flags = constants.O_RDWR | constants.O_NOCTTY;
  const master = openSync('/dev/ptmx', flags);
  const number = Buffer.alloc(4);
  ioctl(master, TIOCSPTLCK, number);
  ioctl(master, TIOCGPTN, number);
  return { master, slave: openSync(`/dev/pts/${number.readUInt32LE()}`, flags) };
}

type Ioctl = (fd: number, request: number, type: string, argument: Buffer) => number;
let call: Ioctl | undefined;

/** koffi as the helper has it, from beside the bundle. */
function ioctl(fd: number, request: number, argument: Buffer): void {
  const helper = process.env['NS_HELPER'] ?? join(process.cwd(), 'dist/helper.js');
  const koffi = createRequire(helper)(join(dirname(helper), 'koffi.node')) as typeof Koffi;
  call ??= koffi.load(null).func('int ioctl(int fd, unsigned long request, ...)') as Ioctl;
  if (call(fd, request, 'void *', argument) !== 0)
    throw new Error(`ioctl ${request.toString(16)} on a terminal failed`);
}
