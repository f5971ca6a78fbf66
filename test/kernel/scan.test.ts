// The scan of real sandboxes, as root and as users with fewer rights, beside what the kernel says of them.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { NamespaceName } from '../../helper/namespaceTypes';
import { EXIT, type ScanDocument, type ScannedContainer } from '../../helper/protocol';
import { parseStartTime } from '../../helper/procStat';
import { capture, end, run, waitFor } from '../support/run';
import { startSandbox, type Sandbox, type SandboxOptions } from '../support/sandbox';
import { enterCat, helper, inodesOf, startTimeOf } from './support';
import { PublicCopy } from './supportUsers';

const NOBODY = 65_534;
/** Nobody's. */
const RUNC_UID = 7004;
/** Other programs of the machine may come and go, so the tests look only at what they made. */
const TAG = `lns-${randomBytes(3).toString('hex')}`;

const parse = (stdout: string): ScanDocument => JSON.parse(stdout) as ScanDocument;
const scan = async (): Promise<ScanDocument> => parse((await helper(['scan', '--json'])).stdout);
const find = ({ containers }: ScanDocument, pid: number): ScannedContainer | undefined =>
  containers.find((container) => container.pid === pid);

describe('scan: real sandboxes', () => {
  const sandboxes: Sandbox[] = [];
  const programs: ChildProcess[] = [];
  afterEach(async () => {
    await end(programs.splice(0).flatMap(({ pid }) => pid ?? []));
    for (const sandbox of sandboxes.splice(0).reverse()) await sandbox.stop();
  });

  async function start(options: SandboxOptions): Promise<Sandbox> {
    const sandbox = await startSandbox({ name: TAG, ...options });
    sandboxes.push(sandbox);
    return sandbox;
  }
  /** Starts a program that calls itself TAG and sleeps, behind others that make way for it; resolves with its pid. */
  async function startBehind(...argv: string[]): Promise<number> {
    const child = spawn('env', [...argv, 'bash', '-c', 'exec -a "$0" sleep 1000000', TAG], { stdio: 'ignore' });
    programs.push(child);
    const started = child.pid ?? 0;
    return waitFor(`${TAG} to start`, () => [started, ...childrenOf(started)].find((pid) => argv0Of(pid) === TAG));
  }
  /** Leaders of the containers that call themselves TAG. */
  const listed = ({ containers }: ScanDocument): number[] =>
    containers.filter(({ name }) => name === TAG || name.startsWith(`${TAG}-`)).map(({ pid }) => pid);

  /** Leaders of the containers that are in one network with this process. */
  const inNetworkOf = ({ containers }: ScanDocument, pid: number): number[] =>
    containers.filter(({ namespaces }) => namespaces.net === inodesOf(pid).net).map((container) => container.pid);

  const kinds: [what: string, types: readonly NamespaceName[]][] = [
    ['all that need no user namespace', ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts']],
    ['all eight', ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts']],
    ...(['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'] as const).map(
      (type): [string, NamespaceName[]] => [`${type} alone`, [type]],
    ),
  ];
  for (const [what, types] of kinds) {
    it(`gives the namespaces of a sandbox with ${what} as readlink and lsns do`, async () => {
      const { pid } = await start({ types });
      const document = await scan();
      assert.deepEqual(document.host, inodesOf('self'));
      const container = find(document, pid);
      assert.deepEqual(container?.namespaces, inodesOf(pid));
      const changed = Object.entries(container.namespaces).filter(
        ([type, inode]) => inode !== document.host[type as NamespaceName],
      );
      assert.deepEqual(changed.map(([type]) => type).sort(), [...types].sort());
      // It gives up, and says nothing, where a namespace's only process ends meanwhile, whosever that is.
      const answer = await waitFor('lsns', async () => {
        const { code, stdout } = await capture('lsns', ['--json', '--output', 'NS,TYPE', '--task', String(pid)]);
        return code === 0 && stdout;
      });
      const { namespaces } = JSON.parse(answer) as { namespaces: { ns: number; type: NamespaceName }[] };
      assert.deepEqual(container.namespaces, Object.fromEntries(namespaces.map(({ type, ns }) => [type, ns])));
      assert.deepEqual(listed(document), [pid], 'what made it and waits for it is no container');
    });
  }

  it('gives name, age, owner and processes', async () => {
    const { pid } = await start({ types: ['net', 'pid', 'mnt'], name: `${TAG}-web` });
    const entered = await startBehind('nsenter', `--target=${pid}`, '--all', '--');
    const document = await scan();
    const container = find(document, pid);
    assert.equal(container?.name, `${TAG}-web`);
    assert.equal(container.engine, 'sandbox');
    assert.equal(container.startTime, parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8')));
    assert.equal(container.uid, 0);
    assert.deepEqual(
      container.pids,
      [pid, entered].sort((a, b) => a - b),
    );
    assert.deepEqual(inNetworkOf(document, pid), [pid], 'neither who made it nor who entered it is another');
  });

  it('tells hostile names as text, one line each, and of a long one the start', async () => {
    // Bytes as a shell writes them, and what is told of them.
    const names: [bytes: string, name: string][] = [
      ['line\\nbreak\\r\\t', 'line\nbreak\r\t'],
      ['\\033[2J\\033]0;title\\007', '\u001b[2J\u001b]0;title\u0007'],
      ['[x](command:y) $(trash) `id` **b**', '[x](command:y) $(trash) `id` **b**'],
      ['\\377\\376\\233', '\ufffd\ufffd\ufffd'],
      ['%064000d', '0'.repeat(64_000)],
    ];
    for (const [bytes, name] of names) {
      const script = `name=$(printf "$0" 0; printf .); name=\${name%.}; exec -a "$1$name" sleep 1000000`;
      const { pid } = await start({ types: ['net', 'uts'], command: ['bash', '-c', script, bytes, `${TAG}-`] });
      await waitFor('it to have its name', () => argv0Of(pid)?.startsWith(`${TAG}-`));
      const { stdout } = await helper(['scan', '--json']);
      assert.match(stdout, /^[^\n]+\n$/);
      const whole = `${TAG}-${name}`;
      const document = parse(stdout);
      assert.equal(find(document, pid)?.name, whole.slice(0, 4096));
      const { command = '' } = document.processes.find((process) => process.pid === pid) ?? {};
      assert.equal(command, `${whole} 1000000`.slice(0, 200));
      const table = (await helper(['scan'])).stdout;
      assert.doesNotMatch(table, /[^\P{Cc}\n]|\p{Cf}/u);
      assert.equal(table.split('\n').filter((line) => line.startsWith(TAG)).length, 1);
      assert.ok(table.split('\n').every((line) => line.length < 300));
      await sandboxes.pop()?.stop();
    }
  });

  it('tells the user of a process whose files in /proc are root’s', async () => {
    // Who becomes somebody else may no longer be looked into (proc(5), "dumpable").
    const { pid } = await start({ types: ['net'], command: ['perl', '-e', `$> = ${NOBODY}; sleep 1000000`] });
    const uids = `Uid:\t0\t${NOBODY}\t`;
    await waitFor('it to become nobody', () => readFileSync(`/proc/${pid}/status`, 'utf8').includes(uids));
    assert.equal(statSync(`/proc/${pid}/stat`).uid, 0);
    assert.equal(find(await scan(), pid)?.uid, NOBODY);
  });

  it('shows two that share a network, but not who only visits it', async () => {
    const web = await start({ types: ['mnt', 'net', 'pid'], name: `${TAG}-web` });
    const worker = await start({
      types: ['ipc', 'uts'],
      name: `${TAG}-worker`,
      shares: { pid: web.pid, types: ['net'] },
    });
    await startBehind('nsenter', `--target=${web.pid}`, '--net', '--');
    const document = await scan();
    assert.deepEqual(listed(document).sort(), [web.pid, worker.pid].sort());
    assert.equal(find(document, worker.pid)?.namespaces.net, find(document, web.pid)?.namespaces.net);
  });

  it('does not show the helper’s own guests', async () => {
    const { pid } = await start({ types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'] });
    for (const join of ['net', 'net,uts', 'net,pid', 'cgroup,ipc,uts,net,pid,mnt']) {
      await enterCat(['--target', String(pid), '--join', join], async (cat) => {
        const document = await scan();
        const others = document.containers.filter((container) => container.pids.includes(cat) && container.pid !== pid);
        assert.deepEqual(others, [], join);
        assert.deepEqual(inNetworkOf(document, pid), [pid], join);
      });
    }
  });

  it('shows a named network once, by its name', async () => {
    await run('ip', ['netns', 'add', TAG]);
    try {
      const first = await startBehind('ip', 'netns', 'exec', TAG);
      await startBehind('ip', 'netns', 'exec', TAG);
      const document = await scan();
      assert.deepEqual(listed(document), [first]);
      assert.equal(find(document, first)?.engine, 'netns');
    } finally {
      await end(programs.splice(0).flatMap(({ pid }) => pid ?? []));
      await run('ip', ['netns', 'delete', TAG]);
    }
  });

  it('believes what a user’s runc says of the user’s own containers alone, and of no pid that is another’s by now', async () => {
    const folder = `/run/user/${RUNC_UID}`;
    const ids = { uid: RUNC_UID, gid: RUNC_UID };
    const write = async (id: string, pid: number, startTime: number): Promise<void> => {
      const own = `${folder}/runc/${id}`;
      mkdirSync(own, { recursive: true });
      writeFileSync(`${own}/state.json`, JSON.stringify({ id, init_process_pid: pid, init_process_start: startTime }));
      await run('chown', ['--recursive', `${RUNC_UID}`, folder]);
    };
    try {
      const [own, reused, roots] = await Promise.all([
        start({ types: ['user', 'net', 'pid'], user: ids }),
        start({ types: ['user', 'net', 'pid'], user: ids }),
        start({ types: ['net', 'pid'] }),
      ]);
      await write(`${TAG}-own`, own.pid, startTimeOf(own.pid));
      await write(`${TAG}-reused`, reused.pid, startTimeOf(reused.pid) - 1);
      await write(`${TAG}-roots`, roots.pid, startTimeOf(roots.pid));
      const document = await scan();
      assert.deepEqual(
        [own, reused, roots].map(({ pid }) => [find(document, pid)?.engine, find(document, pid)?.name]),
        [
          ['runc', `${TAG}-own`],
          ['sandbox', TAG],
          ['sandbox', TAG],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('knows which sandbox lies in which', async () => {
    const command = ['bash', '-c', 'unshare --uts sleep 1000000 & wait'];
    const outer = await start({ types: ['net', 'pid', 'mnt'], command });
    const inner = await waitFor('the inner sandbox', () =>
      childrenOf(outer.pid).find((pid) => argv0Of(pid) === 'sleep'),
    );
    const document = await scan();
    assert.equal(find(document, outer.pid)?.parent, null);
    assert.equal(find(document, inner)?.parent, outer.pid);
  });

  describe('for a user who may not read them', () => {
    let copy: PublicCopy;
    before(() => {
      copy = new PublicCopy();
    });
    after(() => {
      copy.remove();
    });
    const scanAsNobody = async (): Promise<ScanDocument> => {
      const argv = [
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
        '--',
        copy.node,
        copy.helper,
        'scan',
        '--json',
      ];
      return parse(await run('setpriv', argv));
    };

    for (const type of ['mnt', 'net', 'pid'] as const) {
      it(`lists root’s sandbox with ${type} alone, all of it locked`, async () => {
        const { pid } = await start({ types: [type] });
        const document = await scanAsNobody();
        assert.deepEqual(document.host, inodesOf('self'));
        const container = find(document, pid);
        assert.deepEqual(container?.namespaces, {});
        assert.deepEqual([...container.locked].sort(), Object.keys(document.host).sort());
        assert.equal(container.name, TAG);
        assert.equal(container.startTime, parseStartTime(readFileSync(`/proc/${pid}/stat`, 'utf8')));
        assert.deepEqual(listed(document), [pid]);
      });
    }

    it('lists the same as root sees, and reads its own', async () => {
      const web = await start({ types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'], name: `${TAG}-web` });
      const worker = await start({
        types: ['mnt', 'pid'],
        name: `${TAG}-worker`,
        shares: { pid: web.pid, types: ['net'] },
      });
      const own = await start({
        types: ['user', 'net', 'pid'],
        name: `${TAG}-own`,
        user: { uid: NOBODY, gid: NOBODY },
      });
      await startBehind('nsenter', `--target=${web.pid}`, '--net', '--');
      const document = await scanAsNobody();
      assert.deepEqual(listed(document).sort(), [web.pid, worker.pid, own.pid].sort());
      assert.deepEqual(listed(await scan()).sort(), [web.pid, worker.pid, own.pid].sort());
      assert.deepEqual(find(document, own.pid)?.namespaces, inodesOf(own.pid));
      assert.deepEqual(find(document, own.pid)?.locked, []);
    });

    it('does not show the user’s own terminal in root’s sandbox', async () => {
      const { pid } = await start({ types: ['mnt', 'net', 'pid'] });
      const net = ['nsenter', `--target=${pid}`, '--net', '--'];
      const terminal = await startBehind(
        ...net,
        'unshare',
        '--mount',
        '--',
        'setpriv',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
        '--',
      );
      const document = await scanAsNobody();
      assert.deepEqual(
        document.containers.filter(({ pids }) => pids.includes(terminal)),
        [],
      );
      assert.deepEqual(listed(document), [pid]);
    });
  });
});

describe('scan: the command line', () => {
  it('prints a table for people', async () => {
    const sandbox = await startSandbox({ name: TAG, types: ['net'] });
    try {
      const { code, stdout, stderr } = await helper(['scan']);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      assert.match(stdout, /^NAME +ENGINE +PID +UID +NAMESPACES\n/);
      const net = inodesOf(sandbox.pid).net;
      assert.match(stdout, new RegExp(`^${TAG} +sandbox +${sandbox.pid} +0 +net=${net}$`, 'm'));
    } finally {
      await sandbox.stop();
    }
  });

  it('refuses an argument that it does not know, by name', async () => {
    const { code, stdout, stderr } = await helper(['scan', '--json', '--al\u001bl']);
    assert.equal(code, EXIT.badArguments.code);
    assert.equal(stdout, '');
    assert.match(stderr, /^ns-helper: [^\n]*"--al\\u001bl"[^\n]*\n$/);
  });
});

function childrenOf(pid: number): number[] {
  return readText(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function argv0Of(pid: number): string | undefined {
  return readText(`/proc/${pid}/cmdline`).split('\0')[0];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
