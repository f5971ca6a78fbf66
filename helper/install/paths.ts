// Where an installed helper and what belongs to it lie. All of it only root can write.

export interface InstallPaths {
  /** Folder of the copy: helper.js, koffi.node, and node where no other can be trusted. */
  lib: string;
  /** What people and sudo call. */
  command: string;
  /** Who may do what without a password; read by the copy itself. */
  policy: string;
  sudoers: string;
}

export const PATHS: InstallPaths = {
  lib: '/usr/local/lib/ns-helper',
  command: '/usr/local/sbin/ns-helper',
  policy: '/etc/ns-helper/policy.json',
  sudoers: '/etc/sudoers.d/ns-helper',
};
