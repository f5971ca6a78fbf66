// Chooses the editor that `npm start` opens: an installed one that is new enough, or else the pinned code-server.
import { pinnedCodeServer } from './codeServer.mjs';
import { MANIFEST } from './paths.mjs';
import { isRoot, output, which } from './run.mjs';

/** @returns {Promise<{ name: string, command: string[], desktop: boolean, pinned: boolean }>} */
export async function chooseEditor(env) {
  // The desktop ones refuse to run as root, and need a screen.
  const desktop = !isRoot && Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  for (const name of [...(desktop ? ['code', 'codium'] : []), 'code-server']) {
    const path = which(name);
    if (path && (await isNewEnough(path)))
      return { name, command: [path], desktop: name !== 'code-server', pinned: false };
  }
  return { name: 'code-server', command: pinnedCodeServer(), desktop: false, pinned: true };
}

async function isNewEnough(path) {
  // Otherwise code-server would write a configuration into the person's home.
  const env = { ...process.env, CODE_SERVER_CONFIG: '/dev/null' };
  const text = await output(path, ['--version'], { env }).catch(() => '');
  // `1.105.0` of the desktop editors, `4.105.0 … with Code 1.105.0` of code-server.
  const version = /(?:with Code |^)(\d+)\.(\d+)\.\d+\s*$/m.exec(text.split('\n')[0]);
  const [wantedMajor, wantedMinor] = MANIFEST.engines.vscode.replace('^', '').split('.').map(Number);
  return version !== null && Number(version[1]) === wantedMajor && Number(version[2]) >= wantedMinor;
}
