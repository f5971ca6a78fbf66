// What could not be looked at, for the log: once for as long as it stays so. No vscode.
import type { Snapshot } from '../model/container';

/** Takes each picture and passes on the notes that the one before did not have. */
export function noteLog(warn: (note: string) => void): (snapshot: Snapshot) => void {
  let known: readonly string[] = [];
  return ({ notes }) => {
    for (const note of notes) if (!known.includes(note)) warn(note);
    known = notes;
  };
}
