// The socket by which launchers ask what to become: who may ask, what is answered, and that nothing is left behind.
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LaunchServer, type TaskResolver } from '../../extension/launch/launchServer';
import type { LaunchAnswer } from '../../extension/launch/protocol';
import { UserError } from '../../extension/model/userError';

describe('the launch server', () => {
  let base: string;
  let server: LaunchServer;
  let logged: string[];
  let resolve: TaskResolver;
  /** How often a helper was about to start. */
  let starts: number;
  const ANSWER: LaunchAnswer = { command: '/bin/true', args: ['a b'], envFile: null };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'lns-launch-'));
    logged = [];
    starts = 0;
    resolve = () => Promise.resolve(ANSWER);
    server = new LaunchServer(
      base,
      process.pid,
      'en',
      (fields, start) => resolve(fields, start),
      { soon: () => starts++ },
      (what, error) => logged.push(`${what}: ${error instanceof Error ? error.message : String(error)}`),
    );
  });
  afterEach(async () => {
    await server.dispose();
    rmSync(base, { recursive: true });
  });

  /** Sends text as it is, and resolves with all that comes back. */
  function send(socketPath: string, text: string | Buffer, end = false): Promise<string> {
    return new Promise((done, reject) => {
      const socket = connect(socketPath);
      let answer = '';
      socket.setEncoding('utf8');
      socket.on('data', (chunk: string) => (answer += chunk));
      socket.on('close', () => {
        done(answer);
      });
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // Ours was refused while we were still writing.
        if (error.code === 'EPIPE' || error.code === 'ECONNRESET') done(answer);
        else reject(error);
      });
      if (end) socket.end(text);
      else socket.write(text);
    });
  }
  const ask = async (request: object): Promise<LaunchAnswer> =>
    JSON.parse(await send(await server.socketPath(), `${JSON.stringify(request)}\n`)) as LaunchAnswer;

  it('listens in a folder that nobody else can enter', async () => {
    const folder = dirname(await server.socketPath());
    assert.equal(dirname(folder), base);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });

  it('listens among the temporary files where the directory of the login is gone', async () => {
    rmSync(base, { recursive: true });
    const folder = dirname(await server.socketPath());
    assert.equal(dirname(folder), tmpdir());
    await server.dispose();
    assert.ok(!existsSync(folder));
    mkdirSync(base);
  });

  it('says what is missing where it cannot listen, leaves nothing, and listens as soon as it can', async () => {
    // The path of a socket has 107 characters at most (unix(7)).
    const deep = join(base, 'd'.repeat(100));
    const late = new LaunchServer(
      deep,
      process.pid,
      'en',
      () => Promise.resolve(ANSWER),
      { soon: () => undefined },
      () => undefined,
    );
    const refuses = (reason: RegExp): Promise<void> =>
      assert.rejects(late.socketPath(), (error: Error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /^Nothing can be started: .*Check that there is free space/);
        assert.match(error.message, reason);
        return true;
      });
    mkdirSync(deep);
    await refuses(/listen EINVAL/);
    assert.deepEqual(readdirSync(deep), []);
    // In place of a directory without room for another.
    rmSync(deep, { recursive: true });
    writeFileSync(deep, '');
    await refuses(/ENOTDIR/);
    rmSync(deep);
    // Now that it is gone, the directory for all is taken.
    assert.ok(existsSync(await late.socketPath()));
    await late.dispose();
  });

  it('listens once, however often it is asked for its path', async () => {
    const paths = await Promise.all([server.socketPath(), server.socketPath()]);
    assert.equal(paths[0], paths[1]);
    assert.equal(readdirSync(base).length, 1);
  });

  it('answers with what was prepared, once; the launcher’s directory and a free file’s name are handed to it', async () => {
    const seen: string[][] = [];
    const key = server.prepare((directory, envFile) => {
      seen.push([directory, envFile]);
      return Promise.resolve(ANSWER);
    });
    assert.deepEqual(await ask({ key, directory: '/here' }), ANSWER);
    const [[directory, envFile = ''] = []] = seen;
    assert.equal(directory, '/here');
    assert.equal(dirname(envFile), dirname(await server.socketPath()));
    assert.ok(!existsSync(envFile));
    assert.equal(starts, 1);
    const again = await ask({ key, directory: '/here' });
    assert.match('error' in again ? again.error : '', /earlier session/);
    assert.equal(seen.length, 1);
    assert.equal(starts, 1, 'a helper starts where there is one to start');
  });

  it('answers no key but those it gave, and none that it forgot', async () => {
    const key = server.prepare(() => Promise.resolve(ANSWER));
    await server.forget(key);
    for (const wrong of [key, '', 'x', '__proto__'])
      assert.ok('error' in (await ask({ key: wrong, directory: '/' })), wrong);
  });

  it('takes an environment away that nobody came to read, and tells that there was one', async () => {
    let left = '';
    const key = server.prepare((_, envFile) => {
      left = envFile;
      return Promise.resolve(ANSWER);
    });
    await ask({ key, directory: '/' });
    writeFileSync(left, 'SECRET=1');
    assert.equal(await server.forget(key), true);
    assert.ok(!existsSync(left));
    assert.equal(await server.forget(key), false);
  });

  it('keeps why a launcher could not go on, of those that it answered alone', async () => {
    const key = server.prepare(() => Promise.resolve(ANSWER));
    const tell = async (which: string): Promise<string> =>
      send(
        await server.socketPath(),
        `${JSON.stringify({ key: which, failed: 'no\u001b[2J space', directory: '/' })}\n`,
      );
    await tell(key);
    assert.equal(server.failureOf(key), null, 'it has not come for its answer yet');
    await ask({ key, directory: '/' });
    assert.equal(server.failureOf(key), null);
    assert.equal(await tell(key), '');
    assert.match(server.failureOf(key) ?? '', /^no.* space$/);
    assert.doesNotMatch(server.failureOf(key) ?? '', /\p{Cc}/u);
    await server.forget(key);
    assert.equal(server.failureOf(key), null);
    await tell('x');
    assert.equal(server.failureOf('x'), null);
  });

  it('resolves a task each time it starts, with a file of its own for each', async () => {
    const files = new Set<string>();
    resolve = (fields, { directory, envFile }) => {
      files.add(envFile);
      return Promise.resolve({ command: directory, args: [...fields], envFile: null });
    };
    for (let round = 0; round < 2; round++) {
      const answer = await ask({ task: ['type=namespace', 'container=web'], directory: '/d' });
      assert.deepEqual(answer, { command: '/d', args: ['type=namespace', 'container=web'], envFile: null });
    }
    assert.equal(files.size, 2);
  });

  it('answers a failure with its message, fit for a terminal, and logs it', async () => {
    resolve = () => Promise.reject(new Error('no container \u001b]0;x\u0007\u001b[2J\nweb'));
    const answer = await ask({ task: [], directory: '/' });
    const message = 'error' in answer ? answer.error : '';
    assert.match(message, /^no container .*web$/);
    assert.doesNotMatch(message, /\p{Cc}/u);
    assert.equal(logged.length, 1);
  });

  it('answers many at once, each its own', async () => {
    resolve = async ([field = '']) => {
      await new Promise((done) => setTimeout(done, Math.random() * 20));
      return { command: field, args: [], envFile: null };
    };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask({ task: [`n=${index}`], directory: '/' })),
    );
    assert.deepEqual(
      answers.map((answer) => ('command' in answer ? answer.command : '')),
      Array.from({ length: 50 }, (_, index) => `n=${index}`),
    );
  });

  it('passes on what is said while an answer takes its time, fit for a terminal, before the answer', async () => {
    resolve = (_, { note }) => {
      note('waiting for \u001b[2J\nweb');
      return Promise.resolve(ANSWER);
    };
    const [note, answer] = (await send(await server.socketPath(), '{"task":[],"directory":"/"}\n')).split('\n');
    assert.deepEqual(JSON.parse(note ?? ''), { note: 'waiting for \ufffd[2J web' });
    assert.deepEqual(JSON.parse(answer ?? ''), ANSWER);
  });

  it('tells who makes an answer that its launcher has gone, and logs no failure for that', async () => {
    let heard = (): void => undefined;
    const aborted = new Promise<void>((done) => (heard = done));
    let begin = (): void => undefined;
    const begun = new Promise<void>((done) => (begin = done));
    resolve = (_, { signal }) =>
      new Promise((_, reject) => {
        begin();
        signal.addEventListener('abort', () => {
          heard();
          reject(new Error('given up'));
        });
      });
    const socket = connect(await server.socketPath());
    socket.write('{"task":[],"directory":"/"}\n');
    await begun;
    socket.destroy();
    await aborted;
    resolve = () => Promise.resolve(ANSWER);
    assert.deepEqual(await ask({ task: [], directory: '/' }), ANSWER);
    assert.deepEqual(logged, []);
  });

  const BAD: [string, string | Buffer, boolean][] = [
    ['no JSON', 'hello\n', false],
    ['another JSON', '[]\n', false],
    ['no directory', '{"task":[]}\n', false],
    ['a task that is no list', '{"task":{},"directory":"/"}\n', false],
    ['a key that is no text', '{"key":1,"directory":"/"}\n', false],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00, 0x0a]), false],
    ['nothing', '', true],
    ['half a line', '{"task"', true],
    ['more than a megabyte', 'x'.repeat(3 * 1024 * 1024), false],
  ];
  for (const [what, text, end] of BAD) {
    it(`answers nothing to ${what}, says so in the log, and goes on`, async () => {
      assert.equal(await send(await server.socketPath(), text, end), '');
      assert.ok(logged.length > 0);
      assert.deepEqual(await ask({ task: [], directory: '/' }), ANSWER);
    });
  }

  it('a launcher that goes away before the answer does no harm', async () => {
    let answered = (): void => undefined;
    const waiting = new Promise<void>((done) => (answered = done));
    resolve = async () => {
      await new Promise((done) => setTimeout(done, 50));
      answered();
      return ANSWER;
    };
    const socket = connect(await server.socketPath());
    socket.write('{"task":[],"directory":"/"}\n', () => socket.destroy());
    await waiting;
    resolve = () => Promise.resolve(ANSWER);
    assert.deepEqual(await ask({ task: [], directory: '/' }), ANSWER);
  });

  it('takes its folder away when disposed, and answers no more', async () => {
    const path = await server.socketPath();
    await server.dispose();
    assert.deepEqual(readdirSync(base), []);
    await assert.rejects(send(path, ''), { code: 'ENOENT' });
  });

  it('disposed before it ever listened leaves nothing', async () => {
    await server.dispose();
    assert.deepEqual(readdirSync(base), []);
  });

  const GONE = 4194304; // one more than the kernel gives

  it('clears away the folders of those who were killed, and no others', async () => {
    const kept = [
      `linux-namespaces-${process.pid}-abc`,
      `linux-namespaces-1-abc`,
      'linux-namespaces-x-abc',
      `other-${GONE}-abc`,
    ];
    const cleared = [`linux-namespaces-${GONE}-abc`];
    for (const name of [...kept, ...cleared]) mkdirSync(join(base, name), { mode: 0o700 });
    const own = dirname(await server.socketPath());
    assert.deepEqual(readdirSync(base).sort(), [...kept, basename(own)].sort());
  });

  it('clears away no folder of that name that others can change', async () => {
    const kept = [0o701, 0o710, 0o755, 0o777].map((mode) => {
      const folder = join(base, `linux-namespaces-${GONE}-${mode}`);
      mkdirSync(folder);
      chmodSync(folder, mode);
      writeFileSync(join(folder, 'file'), '');
      return folder;
    });
    await server.socketPath();
    for (const folder of kept) assert.ok(existsSync(join(folder, 'file')), folder);
  });

  it('clears away no folder of that name that is somebody else’s', async () => {
    const folder = join(base, `linux-namespaces-${GONE}-abc`);
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'file'), '');
    // Only root can give a folder away, so that it is this process that is taken for another user's.
    const getuid = process.getuid ?? assert.fail('Linux has user ids');
    process.getuid = () => lstatSync(folder).uid + 1;
    try {
      await server.socketPath();
    } finally {
      process.getuid = getuid;
    }
    assert.ok(existsSync(join(folder, 'file')));
  });
});
