// The verb `resume FD`: takes over what another helper has opened and verified, through a descriptor that it left open.
// Not for people: it does what the state says, which only the one who started it could have written.
import { HelperError } from '../errors';
import { setNotDumpable } from '../syscalls';
import { proceed } from './proceed';
import { loadState } from './state';

export async function resume([fd, ...rest]: readonly string[]): Promise<number> {
  if (fd === undefined || !/^[0-9]{1,4}$/.test(fd) || rest.length > 0) {
    throw new HelperError('badArguments', 'resume is for ns-helper itself');
  }
  setNotDumpable();
  return proceed(loadState(Number(fd)));
}
