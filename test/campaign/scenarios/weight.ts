// Whether what lives as long as an editor stays as light as it was.
import { waitFor } from '../../support/run';
import type { Editor } from '../editor';
import { descriptorsOf, weigh, type Weight } from '../leftBehind';
import type { Scenario } from '../scenario';

/** Sockets of what is being asked at the moment come and go. */
const DESCRIPTORS_MAY_VARY = 12;

/** Compares a process with itself at the first look. */
export function weight(editor: Editor): Scenario {
  const first = new Map<number, Weight>();
  return {
    name: 'what lives long is weighed',
    holds: 'descriptors do not grow, and no dead child is left unread',
    async run() {
      const long = [...editor.hosts(), ...editor.scans('user'), ...editor.scans('root')];
      const said: string[] = [];
      for (const pid of long) {
        const isLight = ({ descriptors, zombies }: Weight): boolean =>
          zombies === 0 && descriptors - (first.get(pid)?.descriptors ?? descriptors) <= DESCRIPTORS_MAY_VARY;
        // A child that has just ended is read when its parent comes to it.
        const now = await waitFor(
          `${pid} to be as light as before`,
          () => {
            const weight = weigh(pid);
            return isLight(weight) ? weight : null;
          },
          30_000,
        ).catch((error: unknown) => {
          const { descriptors, zombies } = weigh(pid);
          throw new Error(
            `${String(error)}: ${descriptors} descriptors, ${zombies} dead children\n${descriptorsOf(pid).join('\n')}`,
            { cause: error },
          );
        });
        if (!first.has(pid)) first.set(pid, now);
        said.push(`${now.descriptors} fds ${now.megabytes} MB`);
      }
      return said.join(', ');
    },
  };
}
