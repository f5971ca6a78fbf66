// Two hundred at once, as when an editor opens again with all of its terminals: each is where it was meant to be and can be
// typed into, all run at the same time, and nothing is left of them, whether they end by themselves or are closed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { KEYS, Terminal } from '../support/pty';
import { waitFor } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { makeUser, type TestUser } from '../support/users';
import { commOf, descendantsOf, HELPER, inodesOf, NODE, startTimeOf, type Inodes } from './support';
import { shareMounts, type SharedMounts } from './supportMounts';
import { asUser, PublicCopy } from './supportUsers';

const HOW_MANY = 200;
/** Without a joiner, in place and with a helper that waits; by a joiner, the same two, for time and for user; and by the sandbox's own user. */
const WAYS: { types: NamespaceName[]; as: string; rootless?: true }[] = [
  { types: ['net'], as: 'me' },
  { types: ['net', 'pid'], as: 'me' },
  { types: ['time', 'net', 'uts'], as: '1234' },
  { types: ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'uts'], as: 'target' },
  { types: ['user', 'net'], as: 'me' },
  { types: ['user', 'net', 'pid', 'mnt'], as: 'target' },
  { types: ['user', 'net', 'pid', 'mnt'], as: 'root', rootless: true },
];
const PATIENCE_MS = 150_000;
const REAPER = ['perl', '-e', '$SIG{CHLD} = "IGNORE"; sleep 1 while 1'];

describe(`enter: ${HOW_MANY} terminals at once`, () => {
  let boxes: { others: Sandbox[]; own: Sandbox };
  let host: SharedMounts;
  let user: TestUser;
  let copy: PublicCopy;
  before(async () => {
    host = await shareMounts();
    user = await makeUser('none');
    copy = new PublicCopy();
    const start = (options: { user?: TestUser } = {}): Promise<Sandbox> =>
      startSandbox({ types: NAMESPACE_NAMES, command: REAPER, ...options });
    boxes = { others: [await start(), await start(), await start()], own: await start({ user }) };
  });
  after(async () => {
    for (const box of [...boxes.others, boxes.own]) await box.stop();
    await host.stop();
    copy.remove();
    await user.remove();
  });

  it('each in the namespaces it was meant for, and neither a process nor a mount left', async function () {
    this.timeout(2 * PATIENCE_MS);
    const mark = randomUUID();
    const own = inodesOf('self');
    const mounts = host.list();
    const before = new Set(descendantsOf(process.pid));

    const open = (index: number): { terminal: Terminal; name: string; expected: Partial<Inodes> } => {
      const { types, as, rootless } = WAYS[index % WAYS.length]!;
      const box = rootless ? boxes.own : boxes.others[index % boxes.others.length]!;
      const theirs = inodesOf(box.pid);
      const join = types.map((type) => `${type}=${theirs[type]}`).join(',');
      const name = `${mark}-${index}`;
      const command = ['sh', '-c', 'echo rea""dy; read -r line; echo "got $line"; read -r line', name];
      const args = ['--target', `${box.pid}@${startTimeOf(box.pid)}`, '--join', join, '--as', as, '--', ...command];
      const argv = rootless
        ? asUser(user, [copy.node, '--', copy.helper, 'enter', ...args])
        : [NODE, '--', HELPER, 'enter', ...args];
      const options = rootless ? { env: user.env, owner: user } : {};
      const expected: Partial<Inodes> = { ...own, ...Object.fromEntries(types.map((type) => [type, theirs[type]])) };
      // One of the command's own, for its view.
      if (!types.includes('mnt')) delete expected.mnt;
      return { terminal: new Terminal(host.inside(argv), { cwd: '/', ...options }), name, expected };
    };

    const opened = Array.from({ length: HOW_MANY }, (_, index) => open(index));
    const all = async (act: (one: (typeof opened)[number], index: number) => Promise<unknown>): Promise<void> => {
      const results = await Promise.allSettled(opened.map(act));
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
      assert.deepEqual(failed, []);
    };
    try {
      await all(({ terminal }) => terminal.expect(/ready\r\n/, PATIENCE_MS));
      const running = processesNaming(mark);
      for (const { name, expected } of opened) {
        const pid = running.find((one) => one.argv.at(-1) === name && commOf(one.pid) === 'sh')?.pid ?? NaN;
        const found = inodesOf(pid);
        const types = Object.keys(expected) as NamespaceName[];
        assert.deepEqual(Object.fromEntries(types.map((type) => [type, found[type]])), expected, name);
      }
      await all(async ({ terminal, name }) => {
        terminal.type(`${name}\r`);
        await terminal.expect(new RegExp(`got ${name}\r\n`), PATIENCE_MS);
      });
      await all(async ({ terminal }, index) => {
        if (index % 2 === 0) terminal.type(KEYS.endOfFile);
        else terminal.hangUp();
        await terminal.ended(PATIENCE_MS);
      });
    } finally {
      await Promise.allSettled(opened.map(({ terminal }) => terminal.close()));
    }
    await waitFor('the last of them to end', () => processesNaming(mark).length === 0);
    assert.deepEqual(
      descendantsOf(process.pid).filter((pid) => !before.has(pid)),
      [],
    );
    assert.deepEqual(host.list(), mounts);
  });
});

/** Processes with a text on their command line. */
function processesNaming(text: string): { pid: number; argv: string[] }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .map((pid) => ({ pid: Number(pid), argv: argvOf(Number(pid)) }))
    .filter(({ argv }) => argv.some((argument) => argument.includes(text)));
}

function argvOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // It has just ended.
  }
}
