// The environment for an editor that npm started: without what npm and an outer editor added for their own use, because
// its terminals and tasks would hand that on to everything a person runs there.

export function personsEnvironment(env) {
  const kept = Object.entries(env).filter(([name]) => !/^(npm_|VSCODE_|ELECTRON_RUN_AS_NODE$|INIT_CWD$)/.test(name));
  const path = (env.PATH ?? '').split(':').filter((folder) => !/\/(node_modules\/\.bin|node-gyp-bin)$/.test(folder));
  return { ...Object.fromEntries(kept), PATH: path.join(':') };
}
