// Every command, view, setting and context-key id, once. test/editor checks them against package.json.

export const COMMANDS = {
  openNetworkTerminal: 'namespaces.terminal.openNetwork',
  openContainerTerminal: 'namespaces.terminal.openContainer',
  openNamespaceTerminal: 'namespaces.terminal.openNamespace',
  openSelectedTerminal: 'namespaces.terminal.openSelected',
  openPresetTerminal: 'namespaces.terminal.openPreset',
  openNewTerminal: 'namespaces.terminal.openNew',
  openFileTree: 'namespaces.terminal.openFileTree',
  copyCommand: 'namespaces.command.copy',
  copyPath: 'namespaces.path.copy',
  copyName: 'namespaces.name.copy',
  copyId: 'namespaces.id.copy',
  copyPid: 'namespaces.pid.copy',
  copyInode: 'namespaces.inode.copy',
  copyAddress: 'namespaces.address.copy',
  runTask: 'namespaces.task.run',
  buildContainer: 'namespaces.task.setBuildContainer',
  /** Asked for by `${command:…}` in a task's definition. */
  pickContainer: 'namespaces.container.pick',
  inspect: 'namespaces.container.inspect',
  diagnose: 'namespaces.machine.diagnose',
  unlock: 'namespaces.view.unlock',
  lock: 'namespaces.view.lock',
  clearSelection: 'namespaces.selection.clear',
  /** Bound to the space key: VS Code leaves checkboxes to the mouse. */
  toggleSelection: 'namespaces.selection.toggle',
  filter: 'namespaces.view.filter',
  clearFilter: 'namespaces.view.clearFilter',
  groupBy: 'namespaces.view.groupBy',
  sortBy: 'namespaces.view.sortBy',
  reveal: 'namespaces.view.reveal',
  refresh: 'namespaces.view.refresh',
  showLog: 'namespaces.log.show',
} as const;

export const VIEWS = {
  containers: 'namespaces.containers',
  namespaces: 'namespaces.namespaces',
} as const;

export const SETTINGS = {
  dockerHost: 'namespaces.docker.host',
  sudoPath: 'namespaces.sudo.path',
  presets: 'namespaces.presets',
  tasksContainer: 'namespaces.tasks.container',
} as const;

export const CONTEXT_KEYS = {
  /** The machine has been looked at, so that an empty view is an answer. */
  scanned: 'namespaces.scanned',
  /** Something could not be looked at, so that an empty view is none. */
  failed: 'namespaces.failed',
  filtered: 'namespaces.filtered',
  anyChecked: 'namespaces.anyChecked',
  /**
   * The user is root, so that nothing is locked. Unset until the view, a command or a task has asked: "Unlock" is offered in a
   * fresh window too.
   */
  root: 'namespaces.root',
  /** The scan runs as root. */
  unlocked: 'namespaces.unlocked',
} as const;

export const TERMINAL_PROFILE = 'namespaces.shell';

export const TASK_TYPE = 'namespace';

/** Of files of tasks: VS Code asks for it when one is opened. */
export const TASKS_SCHEMA = 'namespaces-schema://tasks/presets.json';
