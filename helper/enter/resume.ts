// The verb `resume STATE KOFFI PROGRAM [CODE]`: takes over what another helper has opened and verified, through descriptors that it
// left open: of the state, of koffi's native file, which syscalls/libc.ts loads, and of this bundle, which compiled.ts has run.
// Not for people: it does what the state says, which only the one who started it could have written.
import { HelperError } from '../errors';
import { setNotDumpable } from '../syscalls/identity';
import { resumeReadOnly } from './again';
import { proceed } from './proceed';
import { loadState } from './state';
import type { JoinerWays } from './ways';

export async function resume(argv: readonly string[], ways: JoinerWays): Promise<number> {
  const stateFd = parseResume(argv);
  const state = loadState(stateFd);
  setNotDumpable();
  if (state.namespaces.some(({ type }) => type === 'mnt')) resumeReadOnly(state);
  return proceed(state, ways);
}

/** Returns the descriptor of the state. */
export function parseResume(argv: readonly string[]): number {
  if (![3, 4].includes(argv.length) || !argv.every((fd) => /^[0-9]{1,4}$/.test(fd))) {
    throw new HelperError('badArguments', 'resume is for ns-helper itself');
  }
  return Number(argv[0]);
}
