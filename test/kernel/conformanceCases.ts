// The cases of conformance.test.ts as a table: which types, as whom, joined or new, by root or not; once by ns-helper and
// once by the tools of util-linux. And where the two differ on purpose, with the reason. Starts nothing.
import assert from 'node:assert/strict';
import { NAMESPACE_NAMES, namespaceType, type NamespaceName } from '../../helper/namespaceTypes';
import type { TestUser } from '../support/users';
import { HELPER, NODE } from './support';
import { mountsOf, PROBE_COMMAND, type End, type Seen } from './supportProbe';
import { asUser, bySudo } from './supportUsers';

/** What a difference is about, and what has to be so instead of being the same. */
export interface Difference {
  why: string;
  fields: readonly (keyof Seen)[];
  holds: (ours: Seen, theirs: Seen, context: Context) => void;
}

/** What was mounted for the command, and nothing was taken away. */
function fittedMounts(ours: Seen): string[] {
  const added = [...(ours.mounts ?? [])];
  for (const mount of mountsOf('self')) {
    const place = added.indexOf(mount);
    assert.ok(place >= 0, `${mount} is gone`);
    added.splice(place, 1);
  }
  return added;
}

export const DIFFERENCES = {
  closed: {
    why: 'No descriptor past standard error reaches the command; it could be one that only root should have.',
    fields: ['descriptors'],
    holds: (ours, theirs) => {
      assert.equal(ours.descriptors, 0);
      assert.ok(theirs.descriptors > 0, 'nsenter hands on what it was given');
    },
  },
  loopback: {
    why: 'A new network has its loopback up: without it nothing works there, not even localhost.',
    fields: ['loopback'],
    holds: (ours, theirs) => {
      assert.deepEqual([ours.loopback, theirs.loopback], [true, false]);
    },
  },
  networkView: {
    why: 'In another network, /sys shows the devices of that one, and DNS is asked as there; for the command alone.',
    fields: ['namespaces', 'mounts'],
    holds: (ours, theirs) => {
      assert.deepEqual(ours.namespaces, { ...theirs.namespaces, mnt: 'new' });
      const added = fittedMounts(ours);
      assert.ok(added.includes('sysfs /sys'), added.join());
      for (const mount of added) assert.match(mount, / \/(?:sys|proc|etc\/(?:resolv\.conf|hosts))(?:\/|$)/);
    },
  },
  processView: {
    why: 'With a joined pid namespace, /proc shows its processes: a /proc of others makes ps and kill useless.',
    fields: ['namespaces', 'mounts', 'processes'],
    holds: (ours, theirs) => {
      assert.deepEqual(ours.namespaces, { ...theirs.namespaces, mnt: 'new' });
      assert.ok(fittedMounts(ours).includes('proc /proc'));
      assert.deepEqual([ours.processes, theirs.processes], ['sh sleep', "the machine's"]);
    },
  },
  meAbroad: {
    why: 'As me is me, with my groups and no capability, also in a user namespace that is another one’s: nsenter(1) can only be its root there.',
    fields: ['uids', 'gids', 'groups', 'capabilities'],
    holds: (ours, theirs, { user, groups }) => {
      assert.deepEqual(new Set(ours.uids.split(' ')), new Set([String(user.uid)]));
      assert.deepEqual(new Set(ours.gids.split(' ')), new Set([String(user.gid)]));
      assert.equal(ours.groups, groups.join(' '));
      assert.match(ours.capabilities.permitted, /^0+$/);
      assert.match(theirs.uids, /^0 /);
    },
  },
  ownGroup: {
    why: 'An id given by number has its group among its groups, as after a login; nsenter -G leaves none.',
    fields: ['groups'],
    holds: (ours, theirs) => {
      assert.deepEqual([ours.groups, theirs.groups], ['4243', '']);
    },
  },
  filesAbroad: {
    why: 'Among files of a user namespace that is not joined, nobody but root gains rights by what they execute: whoever is root there arranged those files.',
    fields: ['noNewPrivileges'],
    holds: (ours, theirs) => {
      assert.deepEqual([ours.noNewPrivileges, theirs.noNewPrivileges], ['1', '0']);
    },
  },
  typing: {
    why: 'Nothing that is entered can type into the terminal (TIOCSTI), and so leave a command line behind for the shell around it.',
    fields: ['filters'],
    holds: (ours, theirs) => {
      assert.equal(ours.filters, theirs.filters + 1);
    },
  },
} as const satisfies Record<string, Difference>;

export type DifferenceName = keyof typeof DIFFERENCES;

/** Which process is the target: one with all types of its own; one that is no root, and confined; a user's own. */
export type TargetName = 'box' | 'confined' | 'rootless';

/** What is only known once the tests run. */
export interface Context {
  user: TestUser;
  /** Of the user's session, in order. */
  groups: readonly number[];
  /** Node and helper where every user can reach them. */
  copy: { node: string; helper: string };
  pids: Record<TargetName, number>;
}

export interface Case {
  group: string;
  types: string;
  target: TargetName | null;
  end: End;
  differs: readonly DifferenceName[];
  /** Whether the command runs in the user's home, with the user's environment. */
  asUser: boolean;
  ours: (context: Context) => string[];
  theirs: (context: Context) => string[];
}

/** The confined target, and what makes somebody the same by hand. */
export const CONFINED = [
  'setpriv',
  ...['--reuid=4242', '--regid=4243', '--groups=4244,4245'],
  ...['--bounding-set=-all,+chown,+net_raw', '--inh-caps=-all', '--no-new-privs', '--'],
];

type Types = readonly NamespaceName[];
const ALL: Types = NAMESPACE_NAMES;
const NOT_USER: Types = ALL.filter((type) => type !== 'user');
const single = (types: Types): Types[] => types.map((type) => [type]);
const withType = (other: NamespaceName, types: Types): Types[] =>
  types.filter((type) => type !== other).map((type) => [other, type]);
const pairs = (types: Types): Types[] =>
  types.flatMap((type, index) => types.slice(index + 1).map((other): Types => [type, other]));

const plain = ['--view', 'none'];
const joinBy = (types: Types): string[] => types.map((type) => namespaceType(type).option);
/** unshare(1) makes a user namespace by another option, and pid and time begin with a child. */
const makeBy = (types: Types): string[] => [
  ...types.filter((type) => type !== 'user').map((type) => namespaceType(type).option),
  ...(needsChild(types) ? ['--fork'] : []),
];
const needsChild = (types: Types): boolean => types.includes('pid') || types.includes('time');
/** As the process of the target would be: in its directory. Without mnt, a command stays where it is. */
const directory = (types: Types): string[] => (types.includes('mnt') ? ['--wd'] : []);
const becomeUser = ({ user, groups }: Context): string[] => [
  ...['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, `--groups=${groups.join(',')}`, '--inh-caps=-all', '--'],
];
const enterBy = (...args: string[]): string[] => [NODE, '--', HELPER, 'enter', ...args, '--', ...PROBE_COMMAND];
const enterAs = ({ user, groups, copy }: Context, ...args: string[]): string[] =>
  asUser(user, [copy.node, '--', copy.helper, 'enter', ...args, '--', ...PROBE_COMMAND], groups);
const newNet = (types: Types): DifferenceName[] => (types.includes('net') ? ['loopback'] : []);

const abroad = (types: Types): DifferenceName[] => (types.includes('mnt') ? ['filesAbroad'] : []);

const ENDS: readonly End[] = [0, 3, 'SIGTERM', 255, 'SIGKILL', 'SIGHUP', 126, 'SIGPIPE', 1, 'SIGINT', 200, 'SIGUSR1'];
let count = 0;
/** Each in turn; `made` are the types that are new. */
function nextEnd(made: Types = []): End {
  // No signal of its own ends the first process of a pid namespace (pid_namespaces(7)).
  if (made.includes('pid')) return 5;
  const end = ENDS[count++ % ENDS.length]!;
  // unshare 2.38 trips over the handler that SIGKILL cannot have, and ends with 1.
  return end === 'SIGKILL' && needsChild(made) ? nextEnd(made) : end;
}

const joinedByRoot = [...single(ALL), ...pairs(ALL), ...ALL.map((left) => ALL.filter((type) => type !== left)), ALL];
const someMore: Types[] = [...single(NOT_USER), ...withType('mnt', NOT_USER), ['net', 'pid'], NOT_USER];
const withUser: Types[] = [['user'], ['user', 'net'], ['user', 'mnt', 'pid'], ALL];
const fresh: Types[] = [...single(ALL), ...withType('mnt', ALL), ...withType('user', NOT_USER), ['net', 'uts'], ALL];
const ownRootless: Types[] = [['user'], ...withType('user', ALL), ['user', 'mnt', 'pid'], ['user', 'net', 'uts'], ALL];
const mixed: [Types, Types][] = [
  [['net'], ['uts']],
  [['net'], ['mnt']],
  [['uts', 'ipc'], ['net']],
  [['net'], ['pid']],
  [['pid'], ['net']],
  [['time'], ['net', 'uts']],
  [['mnt'], ['net']],
  [
    ['mnt', 'pid'],
    ['net', 'uts'],
  ],
  [['user'], ['net']],
  [['user', 'mnt', 'pid'], ['uts']],
  [['user', 'net'], ['pid']],
];

const DIFFERING: readonly Case[] = [
  ...joinedByRoot.map((types): Case => ({
    group: 'joined, as root',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: ['closed'],
    asUser: false,
    ours: ({ pids }) => enterBy('--target', `${pids.box}`, '--join', types.join(), '--as', 'root', ...plain),
    theirs: ({ pids }) => ['nsenter', `--target=${pids.box}`, ...joinBy(types), '--', ...PROBE_COMMAND],
  })),
  ...([['net'], ['pid'], ['time', 'pid'], ['mnt', 'net', 'pid']] as Types[]).map((types): Case => ({
    group: 'joined, as root, with a fitted view',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: types.includes('mnt') ? ['closed'] : ['closed', types.includes('net') ? 'networkView' : 'processView'],
    asUser: false,
    ours: ({ pids }) => enterBy('--target', `${pids.box}`, '--join', types.join(), '--as', 'root'),
    theirs: ({ pids }) => ['nsenter', `--target=${pids.box}`, ...joinBy(types), '--', ...PROBE_COMMAND],
  })),
  ...someMore.map((types): Case => ({
    group: 'joined, as me, by sudo',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: abroad(types),
    asUser: true,
    ours: ({ user, groups, pids }) =>
      bySudo(user, enterBy('--target', `${pids.box}`, '--join', types.join(), ...plain), groups),
    theirs: (context) => {
      const { user, groups, pids } = context;
      const argv = ['nsenter', `--target=${pids.box}`, ...joinBy(types), '--', ...becomeUser(context)];
      return bySudo(user, [...argv, ...PROBE_COMMAND], groups);
    },
  })),
  ...withUser.map((types): Case => ({
    group: 'joined, as me, by sudo, in a foreign user namespace',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: ['meAbroad'],
    asUser: true,
    ours: ({ user, groups, pids }) =>
      bySudo(user, enterBy('--target', `${pids.box}`, '--join', types.join(), ...plain), groups),
    theirs: ({ user, groups, pids }) =>
      bySudo(user, ['nsenter', `--target=${pids.box}`, ...joinBy(types), '--', ...PROBE_COMMAND], groups),
  })),
  ...someMore.map((types): Case => ({
    group: 'joined, as a confined target',
    types: types.join(' '),
    target: 'confined',
    end: nextEnd(),
    differs: ['closed'],
    asUser: false,
    ours: ({ pids }) => enterBy('--target', `${pids.confined}`, '--join', types.join(), '--as', 'target', ...plain),
    theirs: ({ pids }) => [
      ...['nsenter', `--target=${pids.confined}`, ...joinBy(types), ...directory(types), '--'],
      ...CONFINED,
      ...PROBE_COMMAND,
    ],
  })),
  ...([['net'], ['mnt'], ['pid', 'mnt'], ['time', 'uts']] as Types[]).map((types): Case => ({
    group: 'joined, as ids given by number',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: ['closed', 'ownGroup', ...abroad(types)],
    asUser: false,
    ours: ({ pids }) => enterBy('--target', `${pids.box}`, '--join', types.join(), '--as', '4242:4243', ...plain),
    theirs: ({ pids }) => [
      ...['nsenter', `--target=${pids.box}`, ...joinBy(types), '--setuid=4242', '--setgid=4243', '--'],
      ...PROBE_COMMAND,
    ],
  })),
  ...([['mnt'], ['mnt', 'net'], ['pid', 'mnt']] as Types[]).map((types): Case => ({
    group: 'joined, as a user of the target’s, in a directory',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: ['closed', ...abroad(types)],
    asUser: false,
    ours: ({ pids }) =>
      enterBy('--target', `${pids.box}`, '--join', types.join(), '--as', 'daemon', '--cwd', '/usr', ...plain),
    theirs: ({ pids }) => [
      ...['nsenter', `--target=${pids.box}`, ...joinBy(types), '--wdns=/usr', '--'],
      ...['setpriv', '--reuid=daemon', '--regid=daemon', '--init-groups', '--inh-caps=-all', '--', ...PROBE_COMMAND],
    ],
  })),
  ...withUser.map((types): Case => ({
    group: 'joined, as the target, in its user namespace',
    types: types.join(' '),
    target: 'box',
    end: nextEnd(),
    differs: ['closed'],
    asUser: false,
    ours: ({ pids }) => enterBy('--target', `${pids.box}`, '--join', types.join(), '--as', 'target', ...plain),
    theirs: ({ pids }) => [
      ...['nsenter', `--target=${pids.box}`, ...joinBy(types), ...directory(types), '--', ...PROBE_COMMAND],
    ],
  })),
  ...fresh.map((types): Case => ({
    group: 'new, as root',
    types: types.join(' '),
    target: null,
    end: nextEnd(types),
    differs: ['closed', ...newNet(types)],
    asUser: false,
    ours: () => enterBy('--new', types.join(), '--as', 'root', ...plain),
    theirs: () => [
      ...['unshare', ...makeBy(types), ...(types.includes('user') ? ['--user', '--map-root-user'] : []), '--'],
      ...PROBE_COMMAND,
    ],
  })),
  ...fresh
    .filter((types) => !types.includes('user'))
    .map((types): Case => ({
      group: 'new, as me, by sudo',
      types: types.join(' '),
      target: null,
      end: nextEnd(types),
      differs: newNet(types),
      asUser: true,
      ours: ({ user, groups }) => bySudo(user, enterBy('--new', types.join(), ...plain), groups),
      theirs: (context) => {
        const argv = ['unshare', ...makeBy(types), '--', ...becomeUser(context), ...PROBE_COMMAND];
        return bySudo(context.user, argv, context.groups);
      },
    })),
  ...([['pid'], ['pid', 'mnt', 'uts']] as Types[]).map((types): Case => ({
    group: 'new, as root, with a fitted view',
    types: types.join(' '),
    target: null,
    end: nextEnd(types),
    differs: ['closed'],
    asUser: false,
    ours: () => enterBy('--new', types.join(), '--as', 'root'),
    theirs: () => ['unshare', ...makeBy(types), '--mount-proc', '--', ...PROBE_COMMAND],
  })),
  {
    group: 'new, as root, with a fitted view',
    types: 'net',
    target: null,
    end: nextEnd(),
    differs: ['closed', 'loopback', 'networkView'],
    asUser: false,
    ours: () => enterBy('--new', 'net', '--as', 'root'),
    theirs: () => ['unshare', '--net', '--', ...PROBE_COMMAND],
  },
  ...mixed.map(([joined, made]): Case => ({
    group: 'some joined, some new, as root',
    types: `${joined.join(' ')} + ${made.join(' ')}`,
    target: 'box',
    end: nextEnd(made),
    differs: ['closed', ...newNet(made)],
    asUser: false,
    ours: ({ pids }) =>
      enterBy('--target', `${pids.box}`, '--join', joined.join(), '--new', made.join(), '--as', 'root', ...plain),
    theirs: ({ pids }) => [
      ...['nsenter', `--target=${pids.box}`, ...joinBy(joined), '--', 'unshare', ...makeBy(made), '--'],
      ...PROBE_COMMAND,
    ],
  })),
  ...(['me', 'root', 'target'] as const).flatMap((as) =>
    ownRootless.map((types): Case => ({
      group: `one’s own, without root, as ${as}`,
      types: types.join(' '),
      target: 'rootless',
      end: nextEnd(),
      differs: ['closed'],
      asUser: true,
      ours: (context) =>
        enterAs(context, '--target', `${context.pids.rootless}`, '--join', types.join(), '--as', as, ...plain),
      theirs: ({ user, groups, pids }) => {
        const options = [...joinBy(types), ...(as === 'target' ? directory(types) : [])];
        const argv = ['nsenter', `--target=${pids.rootless}`, '--preserve-credentials', ...options, '--'];
        return asUser(user, [...argv, ...PROBE_COMMAND], groups);
      },
    })),
  ),
  ...(['me', 'root'] as const).flatMap((as) =>
    fresh
      .filter((types) => types.includes('user'))
      .map((types): Case => ({
        group: `new, without root, as ${as}`,
        types: types.join(' '),
        target: null,
        end: nextEnd(types),
        differs: ['closed', ...newNet(types)],
        asUser: true,
        ours: (context) => enterAs(context, '--new', types.join(), '--as', as, ...plain),
        theirs: ({ user, groups }) => {
          const map = as === 'root' ? '--map-root-user' : '--map-current-user';
          return asUser(user, ['unshare', ...makeBy(types), '--user', map, '--', ...PROBE_COMMAND], groups);
        },
      })),
  ),
];

/** All of them differ in what is the same on every way in. */
export const CASES: readonly Case[] = DIFFERING.map((one) => ({ ...one, differs: ['typing', ...one.differs] }));
