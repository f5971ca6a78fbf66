// The machine that is on the pictures: a user called coder, a compose project, a network and a sandbox of their own. All of
// it lives in the namespaces that scripts/pictures.mjs made for this process, so nothing of the real machine is on a
// picture, and nothing is left on it.
import { appendFileSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BUSYBOX_IMAGE, composeLabels, startDocker, type Docker } from '../support/docker';
import { background, end, run } from '../support/run';
import { startSandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';

export interface Machine {
  readonly user: TestUser;
  readonly docker: Docker;
  /** The workspace. */
  readonly folder: string;
}

type Undo = (() => Promise<unknown>)[];

/** What is pushed to `undo` takes it away again, the last first. */
export async function makeMachine(undo: Undo): Promise<Machine> {
  await hideTheRealOne();
  const user = await makeUser('password', 'coder');
  undo.push(() => user.remove());
  const docker = await startDocker({ group: user.name, network: 'shared' });
  undo.push(() => docker.stop());
  await startShop(docker);
  await run('ip', ['netns', 'add', 'blue']);
  undo.push(() => run('ip', ['netns', 'delete', 'blue']));
  const command = ['bash', '-c', 'exec -a router sleep 1000000'];
  const router = await background('ip', ['netns', 'exec', 'blue', ...command], '/dev/null');
  undo.push(() => end([router.pid]));
  const sandbox = await startSandbox({ name: 'nightly-build', types: ['user', 'net', 'uts'], user });
  undo.push(() => sandbox.stop());
  return { user, docker, folder: writeWorkspace(user) };
}

/** Users, homes and what engines and sudo keep in /run are this mount namespace's own from here on. */
async function hideTheRealOne(): Promise<void> {
  const scratch = '/mnt';
  await run('mount', ['-t', 'tmpfs', 'tmpfs', scratch]);
  // While no test makes or removes a user (see support/users.ts): its lock files come and go.
  await run('flock', ['/etc/sudoers.d', 'cp', '--archive', '/etc', scratch]);
  await run('mount', ['--bind', join(scratch, 'etc'), '/etc']);
  for (const path of ['/home', '/run', '/var/lib/sudo']) {
    mkdirSync(path, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', path]);
  }
  // Tests that run at the same time end all processes of a user whom they take away: ours has an id that none of theirs has.
  appendFileSync('/etc/login.defs', '\nUID_MIN 30000\nGID_MIN 30000\n');
  writeFileSync('/etc/hosts', '127.0.0.1 localhost laptop\n');
  await run('hostname', ['laptop']);
  await run('ip', ['link', 'set', 'lo', 'up']);
}

async function startShop(docker: Docker): Promise<void> {
  const start = async (service: string, args: readonly string[], command: readonly string[]): Promise<void> => {
    const image = `shop-${service}`;
    await docker.cli('tag', BUSYBOX_IMAGE, image);
    await docker.run(`shop-${service}-1`, { image, args: [...composeLabels('shop', service), ...args], command });
  };
  await start('web', [], ['httpd', '-f', '-p', '127.0.0.1:8080', '-h', '/srv']);
  await start('metrics', ['--network', 'container:shop-web-1'], ['sleep', '1000000']);
  await start('db', [], ['sleep', '1000000']);
}

const FILES = {
  'compose.yaml':
    'services:\n  web:\n    build: web\n  db:\n    build: db\n  metrics:\n    network_mode: service:web\n',
  'test.mjs': `// The shop listens on 127.0.0.1 of its container.
const shop = 'http://127.0.0.1:8080';

const page = await fetch(\`\${shop}/\`);
console.log(\`page: \${page.status} \${await page.text()}\`);

const prices = await fetch(\`\${shop}/prices\`);
if (prices.status !== 200) {
  const where = \`\${import.meta.filename}: line 7, col 22\`;
  console.log(\`\${where}, Error - prices: \${prices.status} (shop)\`);
  process.exitCode = 1;
}
`,
  '.vscode/tasks.json': `{
  "version": "2.0.0",
  "tasks": [
    {
      "label": "test against web",
      "type": "namespace",
      "container": "web",
      "namespaces": ["net"],
      "command": "node",
      "args": ["test.mjs"],
      "problemMatcher": "$eslint-compact"
    }
  ]
}
`,
};

function writeWorkspace(user: TestUser): string {
  const folder = join(user.home, 'shop');
  for (const [name, text] of Object.entries(FILES)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    for (const own of [folder, dirname(path), path]) chownSync(own, user.uid, user.gid);
  }
  return folder;
}
