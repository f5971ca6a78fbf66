// The mounts that a process sees, from /proc/PID/mountinfo (proc_pid_mountinfo(5)). Pure.

export interface Mount {
  readonly point: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    // Optional fields lie between the mount's own options and " - ".
    const match = /^\d+ \d+ \S+ \S+ (\S+) (\S+) .*?- (\S+) (\S+)/.exec(line);
    if (!match) return [];
    const [, point = '', options = '', type = '', source = ''] = match;
    return [{ point: unescape(point), type, source: unescape(source), options }];
  });
}

/** Blanks, tabs, line ends and backslashes are written as \ooo. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
