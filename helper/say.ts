// A line to whoever started the helper.
import { writeSync } from 'node:fs';

/** On standard error; a joiner may say the rest of the line. That may be full, or closed by now: then what is said is lost, and nothing else. */
export function say(text: string, end = '\n'): void {
  try {
    writeSync(2, `ns-helper: ${text}${end}`);
  } catch {
    // Neither an exit code nor a command may depend on that.
  }
}
