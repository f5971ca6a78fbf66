// The environment in which sudo, or the helper itself, is started. Pure.

/**
 * Without what only made Electron act as Node, and without what a sudo of earlier left: an editor that was started by sudo
 * has its SUDO_UID, and the helper, started without sudo, would take that for the word of its own caller's sudo. Nor does the
 * helper get what the command's Node is to obey, such as VS Code's Auto Attach has it: with the helper's rights, and within reach
 * of the container, a debugger would be anybody's. The command has all of it from the environment file.
 */
export function helperEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const dropped = /^(?:ELECTRON_RUN_AS_NODE$|SUDO_|DOAS_|NODE_|VSCODE_INSPECTOR_OPTIONS$)/;
  return Object.fromEntries(Object.entries(own).filter(([name]) => !dropped.test(name)));
}
