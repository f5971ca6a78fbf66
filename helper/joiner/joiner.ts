// Starting a joiner (image.ts): from a file without a name, in memory, that nobody can write to any more.
import { errorCode, HelperError, reason } from '../errors';
import { type Launch } from '../enter/launch';
import { writeMemory } from '../enter/ownLimits';
import { execMemory, sealMemory } from '../syscalls/files';
import { joinerImage, type Step } from './image';
import type { Processor } from './machineCode';

/** How to start it; what its calls use has to be kept open for it. Of no environment, since nothing of it is looked at. */
export function joinerLaunch(steps: readonly Step[]): Launch {
  const fd = open();
  writeMemory(fd, joinerImage(steps, process.arch as Processor));
  sealMemory(fd);
  return { program: `/proc/self/fd/${fd}`, argv: ['ns-helper'], environment: [], openFiles: null };
}

function open(): number {
  try {
    return execMemory('ns-helper');
  } catch (error) {
    const advice = errorCode(error) === 'EACCES' ? '; sysctl vm.memfd_noexec is 2 here, and has to be 0 or 1' : '';
    throw new HelperError(
      'joinFailed',
      `no program can be made in memory, by which namespaces are entered: ${reason(error)}${advice}`,
      { cause: error },
    );
  }
}
