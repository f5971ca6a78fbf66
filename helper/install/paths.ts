// Where an installed helper and what belongs to it lie. All of it only root can write.

export const PATHS = {
  /** Folder of the copy: of the files below, and of node where no other can be trusted. */
  lib: '/usr/local/lib/ns-helper',
  /** What people and sudo call. */
  command: '/usr/local/sbin/ns-helper',
  /** Who may do what without a password; read by the copy itself. */
  policy: '/etc/ns-helper/policy.json',
  sudoers: '/etc/sudoers.d/ns-helper',
};

/** What a helper is made of. */
export const HELPER_FILES = [
  'helper.js',
  'enterVerb.js',
  'enterByJoiner.js',
  'scanVerb.js',
  'verbs.js',
  'koffi.node',
] as const;
