// The environment in which sudo, or the helper itself, is started. Pure.

/**
 * Without what only made Electron act as Node, and without what a sudo of earlier left: an editor that was started by sudo
 * has its SUDO_UID, and the helper, started without sudo, would take that for the word of its own caller's sudo.
 */
export function helperEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const entries = Object.entries(own).filter(
    ([name]) => name !== 'ELECTRON_RUN_AS_NODE' && !/^(?:SUDO|DOAS)_/.test(name),
  );
  return Object.fromEntries(entries);
}
