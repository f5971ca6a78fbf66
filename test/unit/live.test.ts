// The machine, followed: a program stands in for the helper, and a server for Docker's engine.
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inventory } from '../../extension/discover/inventory';
import type { Container, Snapshot } from '../../extension/model/container';
import { scanDocument, scanned } from '../fixtures/proc/scanned';
import { isRunning, waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';
import { type Looking, SOURCES } from '../support/sources';

const ID = 'a'.repeat(64);

/**
 * In place of the helper: prints each line that is appended to the file `says` in its folder, the last at a look, as its
 * answer, or where there is a file `slow` when it says `answer`; writes what it is told, and its pid, into `heard`.
 */
const HELPER = `
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const folder = __dirname + '/';
const heard = (text) => appendFileSync(folder + 'heard', text + '\\n');
heard('pid ' + process.pid + ' ' + process.argv.slice(2).join(' ').replaceAll('=', ''));
let printed = 0;
let looks = 0;
const lines = () => readFileSync(folder + 'says', 'utf8').split('\\n').filter(Boolean);
const answer = () => {
  looks++;
  print(lines().findLast((line) => line.startsWith('{')));
};
const print = (line) => {
  if (line === 'die') {
    process.stderr.write('no more\\n');
    process.exit(7);
  }
  if (line === 'answer') answer();
  else process.stdout.write(JSON.stringify({ ...JSON.parse(line), looks }) + '\\n');
};
const all = () => { for (const line of lines().slice(printed)) { printed++; print(line); } };
all();
if (process.argv.includes('=--watch')) {
  setInterval(all, 20);
  process.stdin.setEncoding('utf8').on('data', (text) => {
    heard(text.trim());
    if (text.includes('look') && !existsSync(folder + 'slow')) answer();
  });
  process.stdin.on('end', () => { heard('end'); process.exit(0); });
}
`;

for (const [title, makeSource] of Object.entries(SOURCES))
  describe(`discover: ${title}`, () => {
    let folder = '';
    /** Docker's socket by the setting. */
    let named: string | null;
    let live: Looking;
    let inventory: Inventory;
    let seen: Snapshot[];
    const servers: { close(): unknown }[] = [];
    const sockets: Socket[] = [];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'lns-live-'));
      named = 'docker.sock';
      writeFileSync(join(folder, 'helper.js'), HELPER);
      writeFileSync(join(folder, 'says'), `${documentOf()}\n`);
      live = makeSource(
        () => ({
          runtime: runtimeOf(join(folder, 'helper.js')),
          dockerHost: named === null ? undefined : join(folder, named),
          // Where nobody named an engine, it is looked for here too.
          env: { HOME: folder, XDG_RUNTIME_DIR: folder },
          unixSockets: '/dev/null',
        }),
        (what, error) => {
          throw new Error(what, { cause: error });
        },
      );
      inventory = new Inventory(live);
      seen = [];
      inventory.onDidChange((snapshot) => seen.push(snapshot));
    });
    afterEach(async () => {
      live.dispose();
      for (const socket of sockets.splice(0)) socket.destroy();
      for (const server of servers.splice(0)) server.close();
      await waitFor('the helpers to end', () => !helpers().some(isRunning));
      rmSync(folder, { recursive: true });
    });

    const says = (line: string): void => {
      appendFileSync(join(folder, 'says'), `${line}\n`);
    };
    const heard = (): string[] => readFileSync(join(folder, 'heard'), 'utf8').trim().split('\n');
    const helpers = (): number[] => {
      try {
        return heard().flatMap((line) => (line.startsWith('pid ') ? [Number(line.split(' ')[1])] : []));
      } catch {
        return [];
      }
    };
    const names = (): string[] => inventory.latest.containers.map(({ name }) => name);
    const shows = (...expected: string[]): Promise<boolean> =>
      waitFor(
        `${expected.join(', ') || 'nothing'} to be shown`,
        () => String(names()) === String(expected) && seen.length > 0,
      );
    const notes = (pattern: RegExp): Promise<boolean> =>
      waitFor(`a note like ${String(pattern)}`, () => inventory.latest.notes.some((note) => pattern.test(note)));

    interface Engine {
      readonly server: Server;
      containers: string[];
      firstPid: number;
      listed: number;
      /** Nothing is listed any more. */
      hangs: boolean;
      /** HTTP code of its answer to who it is. */
      known: number;
      readonly events: ServerResponse[];
    }
    /** An engine with one container of each name; the first has pid 42. */
    async function engine(...containers: string[]): Promise<Engine> {
      const state: Engine = {
        server: createServer(),
        containers,
        firstPid: 42,
        listed: 0,
        hangs: false,
        known: 200,
        events: [],
      };
      const idOf = (index: number): string => String.fromCharCode(97 + index).repeat(64);
      state.server.on('request', ({ url = '' }: { url?: string }, response: ServerResponse) => {
        if (url.startsWith('/events')) {
          state.events.push(response);
          response.flushHeaders();
        } else if (url === '/version') {
          response.writeHead(state.known).end('{}');
        } else if (url.startsWith('/containers/json')) {
          state.listed++;
          if (state.hangs) return;
          const list = state.containers.map((name, at) => ({
            Id: idOf(at),
            Names: [`/${name}`],
            Image: 'i',
            State: 'running',
            Labels: {},
          }));
          response.end(JSON.stringify(list));
        } else {
          const at = state.containers.findIndex((_, index) => url === `/containers/${idOf(index)}/json`);
          if (at < 0) response.writeHead(404).end('{}');
          else {
            const inspection = {
              Id: idOf(at),
              Name: state.containers[at],
              Config: { Image: 'i' },
              State: { Status: 'running', Pid: state.firstPid + at },
            };
            response.end(JSON.stringify(inspection));
          }
        }
      });
      await listen(state.server);
      return state;
    }
    /** On a busy machine the first ones may have been given up and asked for again. */
    const openEvents = ({ events }: Engine): ServerResponse | undefined =>
      events.findLast(({ destroyed }) => !destroyed);
    async function listen(server: Server | ReturnType<typeof createSocket>): Promise<void> {
      servers.push(server);
      server.on('connection', (socket: Socket) => sockets.push(socket));
      await new Promise<void>((resolve) => server.listen(join(folder, 'docker.sock'), resolve));
    }

    it('starts nothing before somebody follows, and ends all of it with the last lease', async () => {
      const { events, server } = await engine('web');
      await sleep(50);
      assert.deepEqual(helpers(), []);
      const lease = inventory.follow();
      await shows('web');
      await waitFor('the events', () => events.length === 1);
      lease.dispose();
      await waitFor('the helper to hear its end', () => heard().includes('end'));
      await waitFor('the events to be closed', () => events[0]?.destroyed);
      await waitFor('all connections to be closed', () => connectionsOf(server).then((count) => count === 0));
      const again = inventory.follow();
      await waitFor('a new helper', () => helpers().length === 2);
      again.dispose();
    });

    it('shows what the scan tells as it tells it, once each', async () => {
      await engine();
      inventory.follow();
      await shows();
      says(documentOf({ pid: 7, name: 'a' }));
      await shows('a');
      says(documentOf({ pid: 7, name: 'a' }));
      says(documentOf({ pid: 7, name: 'a' }, { pid: 8, name: 'b' }));
      await shows('a', 'b');
      assert.deepEqual(
        seen.map(({ containers }) => containers.length),
        [0, 1, 2],
      );
    });

    it('asks an engine again when its events tell of a change, once for many', async () => {
      const docker = await engine('web');
      inventory.follow();
      await shows('web');
      const events = await waitFor('the events', () => openEvents(docker));
      const before = docker.listed;
      docker.containers = ['api', 'web'];
      // In one piece, which no busy machine spreads over a second.
      events.write(`${JSON.stringify({ id: ID })}\n`.repeat(50));
      await shows('api', 'web');
      assert.ok(docker.listed - before <= 3, `${docker.listed - before} listings for one burst`);
    });

    it('takes nothing that an engine said of a container before, where nobody followed since', async () => {
      const docker = await engine('web');
      inventory.follow().dispose();
      assert.deepEqual((await inventory.refresh()).containers.map(nameAndPid), ['web 42']);
      docker.containers = ['shop'];
      docker.firstPid = 43;
      assert.deepEqual((await inventory.refresh()).containers.map(nameAndPid), ['shop 43']);
    });

    it('tells in a line of an engine that goes, and shows it again when it is back', async () => {
      const first = await engine('web');
      inventory.follow();
      await shows('web');
      for (const socket of sockets.splice(0)) socket.destroy();
      first.server.close();
      await notes(/^Docker at .*: there is no such socket$/);
      assert.deepEqual(names(), []);
      await engine('web');
      await shows('web');
      assert.deepEqual(inventory.latest.notes, []);
    });

    it('asks an engine again that answers but cannot be listed, though it tells of no change', async () => {
      const docker = await engine('web');
      docker.known = 503;
      inventory.follow();
      await notes(/^Docker at .*: HTTP code 503/);
      docker.known = 200;
      await shows('web');
      assert.deepEqual(inventory.latest.notes, []);
    });

    it('misses an engine that nobody named too, and finds it again though nothing else happens', async () => {
      named = null;
      const first = await engine('web');
      inventory.follow();
      await waitFor('the container', () => names().includes('web'));
      for (const socket of sockets.splice(0)) socket.destroy();
      first.server.close();
      await notes(/^Docker at .*lns-live-.*: there is no such socket$/);
      says(documentOf({ pid: 7, name: 'a' }));
      await waitFor('the change', () => names().includes('a'));
      assert.ok(inventory.latest.notes.some((note) => note.includes(folder)));
      await engine('web');
      await waitFor('the container again', () => names().includes('web'), 10_000);
      assert.ok(!inventory.latest.notes.some((note) => note.includes(folder)));
    });

    it('asks another engine as soon as the setting names another', async () => {
      await engine('web');
      inventory.follow();
      await shows('web');
      named = 'other.sock';
      live.reconsider();
      await notes(/^Docker at .*other\.sock: there is no such socket$/);
      assert.deepEqual(names(), []);
      named = 'docker.sock';
      live.reconsider();
      await shows('web');
      assert.deepEqual(inventory.latest.notes, []);
    });

    it('notices an engine that hangs while its events stay open', async () => {
      const docker = await engine('web');
      inventory.follow();
      await shows('web');
      await waitFor('the events', () => openEvents(docker));
      docker.hangs = true;
      says(documentOf({ pid: 7, name: 'a' }));
      await waitFor('a note', () => /no answer within 3 s$/.test(inventory.latest.notes.join()), 15_000);
      docker.hangs = false;
      await waitFor('the container again', () => String(names()) === 'web,a' && seen.length > 0, 15_000);
    }).timeout(40_000);

    it('does not wait for an engine that hangs', async () => {
      await listen(createSocket());
      inventory.follow();
      says(documentOf({ pid: 7, name: 'a' }));
      await waitFor('the scan to be shown', () => String(names()) === 'a', 2_000);
      await notes(/^Docker at .*: no answer within 3 s$/);
      assert.deepEqual(names(), ['a']);
    }).timeout(20_000);

    it('looks at once when asked, with the helper that runs or, without one, once', async () => {
      await engine();
      assert.deepEqual((await inventory.refresh()).notes, []);
      assert.match(heard().join(), /^pid \d+ scan --json$/);
      says(documentOf({ pid: 6, name: 'first' }));
      const lease = inventory.follow();
      await shows('first');
      says(documentOf({ pid: 7, name: 'a' }));
      const looked = await inventory.refresh();
      assert.deepEqual([looked.containers.map(({ name }) => name), looked.notes], [['a'], []]);
      assert.ok(heard().includes('look'));
      lease.dispose();
    });

    it('asks an engine at the first look that only the command line of its daemon tells of', async () => {
      named = null;
      await engine('web');
      const socket = join(folder, 'elsewhere.sock');
      renameSync(join(folder, 'docker.sock'), socket);
      const daemon = { engine: 'docker', pid: 1, uid: process.getuid?.() ?? 0, sockets: [socket] };
      writeFileSync(join(folder, 'says'), `${JSON.stringify(scanDocument({ engines: [daemon] }))}\n`);
      const { containers } = await inventory.refresh();
      assert.ok(containers.some(({ name }) => name === 'web'));
    });

    it('takes nothing for the answer to a look that was on its way when it was asked', async () => {
      await engine();
      const lease = inventory.follow();
      await shows();
      writeFileSync(join(folder, 'slow'), '');
      const looked = inventory.refresh();
      await waitFor('the look', () => heard().includes('look'));
      // As if read before the question: it does not say that it answers one.
      says(documentOf({ pid: 6, name: 'before' }));
      await shows('before');
      says(documentOf({ pid: 7, name: 'after' }));
      says('answer');
      assert.deepEqual(
        (await looked).containers.map(({ name }) => name),
        ['after'],
      );
      lease.dispose();
    });

    it('starts a helper again that ended, and says so meanwhile', async () => {
      await engine();
      inventory.follow();
      await shows();
      says('die');
      await notes(/^The scan of \/proc failed: no more$/);
      writeFileSync(join(folder, 'says'), `${documentOf({ pid: 7, name: 'a' })}\n`);
      await shows('a');
      assert.deepEqual(inventory.latest.notes, []);
      assert.equal(helpers().length, 2);
    });

    it('says what a helper prints that is no document', async () => {
      await engine();
      inventory.follow();
      says('{"version":0}');
      await notes(/^The scan of \/proc failed: The output of the \/proc scan was not understood: [^\n]*$/);
    });
  });

const nameAndPid = ({ name, pid }: Container): string => `${name} ${pid}`;

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

function documentOf(...containers: { pid: number; name: string }[]): string {
  return JSON.stringify(scanDocument({ containers: containers.map(({ pid, name }) => scanned(pid, { name })) }));
}
