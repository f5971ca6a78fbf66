// A line to whoever started the helper.
import { writeSync } from 'node:fs';

/** On standard error. That may be full, or closed by now: then what is said is lost, and nothing else. */
export function say(text: string): void {
  try {
    writeSync(2, `ns-helper: ${text}\n`);
  } catch {
    // Neither an exit code nor a command may depend on that.
  }
}
