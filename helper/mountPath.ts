// How the kernel writes a mount's path, in /proc/PID/mountinfo (proc_pid_mountinfo(5)). Pure.

/** Space, tab, newline and backslash are written as `\040` and the like. */
export function unescapeMountPath(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
