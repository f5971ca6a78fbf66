// The launcher where VS Code starts it again after the session that it belongs to: nothing is run, whoever answers, and the
// person can read why.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Terminal } from '../support/pty';
import { capture, waitFor } from '../support/run';
import { HELPER, NODE } from './support';

const LAUNCHER = join(dirname(HELPER), 'launcher.js');
/** `nobody`, who stands for any other user of the machine. */
const OTHER = 65534;

describe('the launcher of an earlier session', () => {
  let base: string;
  let folder: string;
  let mark: string;
  let server: Server;

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'lns-earlier-'));
    folder = join(base, 'linux-namespaces-1-abcdef');
    mark = join(base, 'mark');
    mkdirSync(folder, { mode: 0o700 });
    const answer = { command: '/usr/bin/touch', args: [mark], envFile: null };
    server = createServer((socket) => socket.on('error', () => undefined).end(`${JSON.stringify(answer)}\n`));
    await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve));
  });
  afterEach(() => {
    server.close();
    rmSync(base, { recursive: true });
  });

  const says = async (socket: string, ...start: string[]): Promise<string> =>
    (await capture(NODE, [LAUNCHER, socket, 'en', ...start])).stderr;

  it('becomes what is answered in a folder of its user’s own', async () => {
    assert.equal(await says(join(folder, 's'), '--key', 'x'), '');
    assert.ok(existsSync(mark));
  });

  const FOREIGN: [string, () => string][] = [
    [
      'another user’s',
      () => {
        chownSync(folder, OTHER, OTHER);
        return folder;
      },
    ],
    [
      'one that others may write to',
      () => {
        chmodSync(folder, 0o777);
        return folder;
      },
    ],
    [
      'a link to one, which may lead elsewhere later',
      () => {
        symlinkSync(folder, join(base, 'link'));
        return join(base, 'link');
      },
    ],
    ['one that is not there', () => join(base, 'gone')],
  ];
  for (const [what, make] of FOREIGN) {
    it(`asks nobody in ${what}`, async () => {
      const socket = join(make(), 's');
      const terminal = 'this terminal was opened in an earlier session; open it again from the Namespaces view';
      assert.equal(await says(socket, '--key', 'x'), `Namespaces: ${terminal}\n`);
      const task = 'this task was started in an earlier session; run it again';
      assert.equal(await says(socket, '--task', 'type=namespace'), `Namespaces: ${task}\n`);
      assert.ok(!existsSync(mark));
    });
  }

  it('keeps its line on the terminal until a key is pressed, and ends as if all were well', async () => {
    const status = join(base, 'status');
    const script = '"$@"; echo $? > "$0"';
    const argv = [NODE, LAUNCHER, join(base, 'gone/s'), 'en', '--key', 'x'];
    const terminal = new Terminal(['/bin/sh', '-c', script, status, ...argv]);
    try {
      await terminal.expect(/^Namespaces: this terminal .*\. Press any key to close this terminal\.\r?\n/);
      assert.ok(!existsSync(status));
      terminal.type('x');
      await waitFor('it to end', () => existsSync(status));
      assert.equal((await capture('cat', [status])).stdout, '0\n');
    } finally {
      await terminal.close();
    }
  });
});
