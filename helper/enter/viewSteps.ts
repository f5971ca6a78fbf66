// How a joiner fits the view (view.ts) in the user namespace that it has joined. Pure.
import { type Failure, type Step, text } from '../joiner/image';
import { apart, goTo, nothing } from '../joiner/steps';
import { namespaceType } from '../namespaceTypes';
import { AT_FDCWD } from '../syscalls/files';
import { MNT_DETACH, MS_REC, MS_SLAVE } from '../syscalls/mounts';
import { notDumpable } from './joinSteps';
import { type Mount, NEW_FILE_MODE, type NewFile, NOT_FITTED, type Part, STAGING } from './viewParts';

/**
 * In a mount namespace of the joiner's own, which is still to be made unless it `isAlone`; each part by a child, which ends where it cannot be
 * done: with a line if `tell`. Without such a namespace nothing is mounted. `free` is the lowest descriptor that is not open.
 */
export function fitView(
  parts: readonly Part[],
  free: number,
  { tell, isAlone }: { tell: boolean; isAlone: boolean },
): Step[] {
  const [made, begin, fitted] = [nothing(), nothing(), nothing()];
  const toMake: Step = { call: 'unshare', args: [namespaceType('mnt').flag] };
  // What is mounted in here stays in here; what the host mounts later still comes in (mount_namespaces(7)).
  const toOurselves: Step = {
    call: 'mount',
    args: [text('none'), text('/'), text(''), MS_REC | MS_SLAVE, text('')],
  };
  // The kernel is asked for its reason again.
  const orSay = (step: Step, then: Step): Step[] => [
    { ...step, at: { result: 0, step: then } },
    ...(tell ? apart([{ ...step, failure: notAsInside(NOT_FITTED) }], lineOf(NOT_FITTED)) : []),
    goTo(fitted),
  ];
  return [
    ...(isAlone ? [] : orSay(toMake, made)),
    made,
    ...orSay(toOurselves, begin),
    begin,
    ...parts.flatMap((part) => fitPart(part, free, tell)),
    fitted,
  ];
}

const lineOf = (what: string): string => `ns-helper: not as in the container: ${what}: no process can be made\n`;

const notAsInside = (what: string): Failure => ({
  cause: 'internal',
  message: `not as in the container: ${what}: `,
  advice: '',
});
const SILENT: Failure = { cause: 'internal', message: null, advice: null };

/** The child is root there, if anybody is: who has no id in a user namespace can make no file in it. */
function fitPart({ what, actions, staging }: Part, free: number, tell: boolean): Step[] {
  const [failure, lost] = tell ? [notAsInside(what), lineOf(what)] : [SILENT, null];
  const steps = actions.flatMap((action) => ('file' in action ? write(action, free, failure) : mount(action, failure)));
  const inStaging = (mounted: Mount): Step[] => [
    ...mount(mounted, failure),
    ...apart(steps, lost),
    { call: 'umount2', args: [text(STAGING), MNT_DETACH] },
  ];
  return apart([...becomeRoot(), ...(staging === null ? steps : inStaging(staging))], lost);
}

/** Which changes who may look into it (prctl(2)). */
const becomeRoot = (): Step[] => [
  { call: 'setresgid', args: [0, 0, 0] },
  { call: 'setresuid', args: [0, 0, 0] },
  notDumpable(),
];

function mount({ source, target, type, flags, options, ifThere }: Mount, failure: Failure): Step[] {
  const [ENOENT, place, after] = [2, text(target), nothing()];
  const look: Step = { call: 'faccessat', args: [AT_FDCWD, place, 0], at: { result: -ENOENT, step: after } };
  const step: Step = { call: 'mount', args: [text(source), place, text(type), flags, text(options)], failure };
  return ifThere ? [look, step, after] : [step];
}

function write({ file, text: content }: NewFile, free: number, failure: Failure): Step[] {
  const [O_WRONLY, O_CREAT, O_EXCL] = [0o1, 0o100, 0o200];
  const bytes = Buffer.from(content);
  return [
    { call: 'openat', args: [AT_FDCWD, text(file), O_WRONLY | O_CREAT | O_EXCL, NEW_FILE_MODE], failure },
    { call: 'write', args: [free, bytes, bytes.length], failure },
    { call: 'fchmod', args: [free, NEW_FILE_MODE], failure },
    { call: 'close', args: [free] },
  ];
}
