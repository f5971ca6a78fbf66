// The texts of --help. The table of exit codes is made from protocol.ts, so that it cannot fall behind.
import { NAMESPACE_NAMES } from './namespaceTypes';
import { EXIT } from './protocol';

const EXIT_TABLE = Object.values(EXIT)
  .map(({ code, meaning }) => `  ${code}  ${meaning}`)
  .join('\n');

export const USAGE = `ns-helper: run a command in chosen Linux namespaces, and nowhere else.

  ns-helper enter …        join namespaces and run a command (ns-helper enter --help)
  ns-helper scan [--json | --watch]
                           list what has namespaces of its own, once or whenever that changes
  ns-helper doctor [--json]
                           what this kernel, sudo and runtime allow, and what is missing for which feature
  ns-helper power restart|halt --target PID[@STARTTIME] [--inode INODE]
                           end a container by reboot(2) in its pid namespace; never the machine's own
  ns-helper install [--allow USER[,…] [--types TYPE[,…]]]
                           a copy that only root can write; with --allow, these users may join the types (default:
                           net) as themselves without a password, and nothing else
  ns-helper uninstall      removes all that install made
  ns-helper --version

Exit codes: the command's own; 128+N where signal N ended it; and of ns-helper itself:
${EXIT_TABLE}
`;

export const ENTER_USAGE = `ns-helper enter [--target PID[@STARTTIME] --join TYPE[=INODE][,TYPE[=INODE]…]]…
                [--file TYPE=[INODE:]PATH]… [--new TYPE[,…]] [--as me|target|root|UID[:GID]|USER]
                [--cwd DIR] [--root DIR] [--view dns,sys,proc|none]
                [--environment-file FILE [--remove-environment-file]] [--own-mounts] [--verbose]
                [-- COMMAND [ARG…]]

  --target PID[@STARTTIME]  process whose namespaces the next --join means; STARTTIME is field 22 of
                            /proc/PID/stat. May be given again for other namespaces.
  --join TYPE[=INODE],…     namespaces to join (${NAMESPACE_NAMES.join(' ')});
                            INODE is the number in net:[4026531840] and is checked
  --file TYPE=[INODE:]PATH  join a namespace by a file, such as /run/netns/NAME
  --new TYPE,…              make new namespaces of these types, after the joins
  --as me                   the caller, with all groups and without capabilities (default)
  --as target               who the target's process is: ids, groups, bounding set, limits, cgroup, environment,
                            directory
  --as root                 root; of a user namespace that is joined or made, its root
  --as UID[:GID], --as USER ids inside; a name is looked up in the target's /etc/passwd
  --cwd DIR                 directory to start in, as seen inside
  --root DIR                root directory to take with mnt (default: the target's own)
  --view dns,sys,proc|none  what is made to fit the joined net and pid where the files stay the host's: the
                            container's resolv.conf and hosts or /etc/netns/NAME, /sys, /proc (default: all)
  --environment-file FILE   environment, NUL-separated as in /proc/PID/environ; yours and mode 0600
  --remove-environment-file remove FILE once it is read
  --own-mounts              started by unshare --mount for itself alone: spares root a second start where
                            mnt is joined
  --verbose                 say on standard error where the helper is, before and after
  COMMAND                   default: your shell; with mnt, the first shell found in there

Nothing is executed unless every namespace is the one that was asked for. Exit codes: ns-helper --help
`;

export const SCAN_USAGE = `ns-helper scan [--json | --watch]

  Lists what has namespaces of its own on this machine, as far as the caller may see.
  --json   the whole document; its fields are described in helper/README.md
  --watch  keeps running: a document on one line whenever it is another; ends when its standard input ends
`;
