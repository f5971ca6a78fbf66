// What the kernel says of mounts in /proc/PID/mountinfo (proc_pid_mountinfo(5)). Pure.

/** Space, tab, newline and backslash are written as `\040` and the like. */
export function unescapeMountPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

export interface Mount {
  /** A number, unique in this mount namespace. */
  id: string;
  /** As seen from the root directory of the process. */
  point: string;
  options: string[];
}

export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .map(([id = '', , , , point = '', options = '']) => ({
      id,
      point: unescapeMountPath(point),
      options: options.split(','),
    }));
}
