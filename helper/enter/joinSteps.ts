// How a joiner joins, and verifies that it did. Pure: descriptors come as numbers, and nothing is looked up here.
import { type Step, text } from '../joiner/image';
import { end, failure, goTo, isSame, say } from '../joiner/steps';
import { NAMESPACE_NAMES, namespaceType } from '../namespaceTypes';
import { EXIT } from '../protocol';
import { linkOf } from './links';
import type { OpenNamespace, Place } from './state';

/** From here on nobody who is root in a user namespace that is joined may look into the joiner (prctl(2)). */
export function notDumpable(): Step {
  const PR_SET_DUMPABLE = 4;
  return { call: 'prctl', args: [PR_SET_DUMPABLE, 0], failure: failure('internal', 'prctl: ') };
}

/** As ps(1) shows it; else it would have the number of a descriptor for a name. */
export function named(): Step {
  const PR_SET_NAME = 15;
  return { call: 'prctl', args: [PR_SET_NAME, text('ns-helper')] };
}

/**
 * setns(2) of each, with `owner` before. Root has the rights to all of them out here, and to nothing of ours any more once it has joined
 * `user`; so has, past `owner`, who made both. Anybody else has them only in there.
 */
export function join(namespaces: readonly OpenNamespace[], owner: OpenNamespace | null, isRoot: boolean): Step[] {
  const ordered = inOrder(namespaces);
  const user = ordered.filter(({ type }) => type === 'user');
  const others = ordered.filter(({ type }) => type !== 'user');
  const first = owner === null ? [] : [owner];
  const all = isRoot || owner !== null ? [...first, ...others, ...user] : [...user, ...others];
  return [notDumpable(), named(), ...all.map(joinOne), notDumpable()];
}

/** As in the table: `mnt` last. */
const inOrder = (namespaces: readonly OpenNamespace[]): OpenNamespace[] =>
  NAMESPACE_NAMES.flatMap((name) => namespaces.filter(({ type }) => type === name));

const joinOne = ({ type, fd, source }: OpenNamespace): Step => ({
  call: 'setns',
  args: [fd, namespaceType(type).flag],
  failure: failure(
    'joinFailed',
    `the ${type} namespace of ${source} cannot be joined: `,
    '; ns-helper doctor says what is allowed here',
  ),
});

/** The root directory that comes with a mount namespace, and the directory to be in. */
export const takeRoot = ({ fd, path }: Place): Step[] => [
  { call: 'fchdir', args: [fd], failure: failure('joinFailed', `the root directory ${path} cannot be entered: `) },
  { call: 'chroot', args: [text('.')], failure: failure('joinFailed', `the root directory ${path} cannot be taken: `) },
];

const LINK_SIZE = 64;

/**
 * Compares the links below /proc/thread-self/ns with what was asked for. Where all are the same, `next` follows; else each that is
 * another one is named, and the joiner ends. `procFd` is the host's /proc. Of `pid`, that of the children to come counts.
 */
export function verify(namespaces: readonly OpenNamespace[], procFd: number, next: Step): Step[] {
  if (namespaces.length === 0) return [goTo(next)];
  const links = namespaces.map(({ type, inode, source }) => {
    const wanted = Buffer.alloc(LINK_SIZE);
    wanted.write(`${type}:[${inode}]`);
    return { type, source, wanted, found: Buffer.alloc(LINK_SIZE) };
  });
  const read = links.map(({ type, found }): Step => ({
    call: 'readlinkat',
    args: [procFd, text(linkOf(type)), found, LINK_SIZE],
    failure: failure('joinFailed', 'what was joined cannot be verified: ', '; nothing was started'),
  }));
  // From the last one on, as each leads to the one behind it.
  const last = say('nothing was started\n');
  const names = links.reduceRight<Step[]>(
    (rest, { type, source, wanted, found }) => [
      isSame(wanted, found, rest[0] ?? last),
      say(`${type} of ${source}; `),
      ...rest,
    ],
    [last, end(EXIT.joinFailed.code)],
  );
  const missed = say('ns-helper: the join did not take effect: ');
  const checks = links.reduceRight<Step[]>(
    (rest, { wanted, found }) => [isSame(wanted, found, rest[0] ?? next), goTo(missed), ...rest],
    [],
  );
  return [...read, ...checks, missed, ...names];
}
