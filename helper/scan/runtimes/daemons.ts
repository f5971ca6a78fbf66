// Engines themselves, by the command lines of their daemons, which everybody may read: on which sockets they listen. Pure.
// Whether one is to be believed is for whoever asks there.

/** Paths of the sockets that a daemon of Docker's is told to listen on; null for any other program. */
export function parseDaemon(argv: readonly string[]): string[] | null {
  const [argv0 = '', ...options] = argv;
  if (argv0.slice(argv0.lastIndexOf('/') + 1) !== 'dockerd') return null;
  const sockets: string[] = [];
  for (const [at, option] of options.entries()) {
    // -H unix:///x, -Hunix:///x, -H=unix:///x, --host unix:///x, --host=unix:///x; other addresses are no files.
    const before = options[at - 1] ?? '';
    const match = /^(-H=?|--host=)?unix:\/\/(\/.+)$/.exec(option);
    if (match?.[2] !== undefined && (match[1] !== undefined || before === '-H' || before === '--host')) {
      sockets.push(match[2]);
    }
  }
  return sockets;
}
