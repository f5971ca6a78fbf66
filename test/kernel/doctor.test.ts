// `doctor`: that it says the truth, held against uname, sysctls and what is installed, each also where it is changed for
// the doctor alone: in a mount or user namespace of its own.
import assert from 'node:assert/strict';
import { realpath } from 'node:fs/promises';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PATHS } from '../../helper/install/paths';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { EXIT } from '../../helper/protocol';
import { capture, run, type RunOptions } from '../support/run';
import { skip } from '../support/skip';
import { helper, HELPER, NODE } from './support';
import { refuseToReplace } from './installSupport';
import { hideType } from './supportKernel';
import { PublicCopy } from './supportUsers';

interface Finding {
  id: string;
  state: 'ok' | 'limited' | 'missing';
  found: string;
  advice: string;
  /** The same in parts: sentences, with the values that belong at their {0}. */
  said: { found: Sentence[]; advice: Sentence[] };
}
interface Sentence {
  text: string;
  values: string[];
}
interface Report {
  version: number;
  findings: Finding[];
  features: { name: string; state: Finding['state']; lacks: string[] }[];
}

describe('doctor', () => {
  let folder: string;
  let copy: PublicCopy;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-doctor-'));
    copy = new PublicCopy();
  });
  after(() => {
    rmSync(folder, { recursive: true });
    copy.remove();
  });

  /** A program that says something, as sudo's kin do of their version. */
  function fake(name: string, says: string, mode = 0o4755): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
    chmodSync(path, mode);
    return path;
  }

  async function reportOf(argv: readonly string[], options?: RunOptions): Promise<Report> {
    const [program = '', ...args] = argv;
    const { code, stdout, stderr } = await capture(program, args, options);
    assert.deepEqual([code, stderr], [0, '']);
    return JSON.parse(stdout) as Report;
  }
  const DOCTOR = [NODE, '--', HELPER, 'doctor', '--json'];
  const report = (options?: RunOptions): Promise<Report> => reportOf(DOCTOR, options);
  /** After `script` has changed something for it alone, where the script says `"$@"`. */
  const reportAfter = (script: string, ...unshare: string[]): Promise<Report> =>
    reportOf(['unshare', '--mount', ...unshare, '--', 'sh', '-euc', `${script}; exec "$@"`, 'sh', ...DOCTOR]);
  const asNobody = (...options: string[]): Promise<Report> =>
    reportOf([
      ...['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...options, '--'],
      ...[copy.node, '--', copy.helper, 'doctor', '--json'],
    ]);
  function find({ findings }: Report, id: string): Finding {
    const found = findings.filter((finding) => finding.id === id);
    assert.equal(found.length, 1, id);
    return found[0] as Finding;
  }
  const lacking = ({ features }: Report, id: string): string[] =>
    features.filter(({ lacks }) => lacks.includes(id)).map(({ name }) => name);

  it('--json has for each finding what was found, and advice unless all is well', async () => {
    const { version, findings, features } = await report();
    assert.equal(version, 1);
    assert.equal(new Set(findings.map(({ id }) => id)).size, findings.length);
    const inWords = (sentences: readonly Sentence[]): string =>
      sentences
        .map(({ text, values }) => text.replace(/\{(\d)\}/g, (_, index) => values[Number(index)] ?? '?'))
        .join('; ');
    for (const { id, state, found, advice, said } of findings) {
      assert.match(found, /^[^\n]+$/, id);
      assert.deepEqual([inWords(said.found), inWords(said.advice)], [found, advice], id);
      assert.equal(advice === '', state === 'ok', id);
    }
    for (const { name, state, lacks } of features) {
      assert.equal(lacks.length === 0, state === 'ok', name);
      for (const id of lacks)
        assert.ok(
          findings.some((finding) => finding.id === id && finding.state !== 'ok'),
          id,
        );
    }
  });

  it('plain, it says the same: a line for each finding, and one for each feature with what is missing for it', async () => {
    const { findings, features } = await reportAfter('mount --bind /dev/null /usr/sbin/visudo');
    const script = 'mount --bind /dev/null /usr/sbin/visudo; exec "$@"';
    const plain = ['unshare', '--mount', '--', 'sh', '-euc', script, 'sh', NODE, '--', HELPER, 'doctor'];
    const lines = (await run(plain[0] ?? '', plain.slice(1))).split('\n');
    assert.equal(lines.length, findings.length + 1 + features.length + 1);
    for (const [index, { id, state, found }] of findings.entries())
      assert.match(lines[index] ?? '', new RegExp(`^${state} +${id} +${escape(found)}$`));
    for (const [index, { name, state, lacks }] of features.entries()) {
      const line = lines[findings.length + 1 + index] ?? '';
      assert.match(line, new RegExp(`^${state} +${escape(name)}`));
      for (const id of lacks)
        assert.ok(line.includes(findings.find((finding) => finding.id === id)?.advice ?? '?'), id);
    }
    assert.match(lines.join('\n'), /^limited +let users join without a password [^\n]*install sudo/m);
  });

  for (const args of [['--yaml'], ['--json', '--json'], ['x\ny']]) {
    it(`refuses ${JSON.stringify(args)}`, async () => {
      const result = await helper(['doctor', ...args]);
      assert.equal(result.code, EXIT.badArguments.code);
      assert.match(result.stderr, /^ns-helper: doctor: [^\n]+\n$/);
    });
  }

  describe('of the kernel', () => {
    it('its release and types are those of uname and /proc', async () => {
      const types = NAMESPACE_NAMES.filter((name) => readdirSync('/proc/self/ns').includes(name));
      const { found, state } = find(await report(), 'namespace-types');
      assert.equal(found, `Linux ${(await run('uname', ['-r'])).trim()}, ${types.length} of 8 namespace types`);
      assert.equal(state, types.length === 8 ? 'ok' : 'limited');
    });

    it('a type that it has not is named, and since when there is one', async () => {
      const { state, found, advice } = find(await reportAfter(hideType('time')), 'namespace-types');
      assert.deepEqual([state, advice], ['limited', 'no time (Linux 5.8): these types cannot be joined']);
      assert.match(found, /, 7 of 8 namespace types$/);
    });

    it('its security modules are those that it names', async () => {
      const path = '/sys/kernel/security/lsm';
      const labels = existsSync(path) ? (readFileSync(path, 'utf8').match(/selinux|apparmor|smack/g) ?? []) : [];
      const { found } = find(await report(), 'lsm');
      assert.ok(labels.length > 0 ? labels.every((name) => found.includes(name)) : found.startsWith('no LSM'), found);
    });

    it('ptrace_scope is what sysctl says', async () => {
      const path = '/proc/sys/kernel/yama/ptrace_scope';
      const { found, state } = find(await report(), 'ptrace-scope');
      if (!existsSync(path)) assert.deepEqual([found, state], ['no Yama', 'ok']);
      else assert.equal(found, `kernel.yama.ptrace_scope is ${readFileSync(path, 'utf8').trim()}`);
    });

    it('whether programs may type into their terminal: by sysctl, or by a filter of the helper’s own', async function () {
      const path = '/proc/sys/dev/tty/legacy_tiocsti';
      if (!existsSync(path)) return skip(this, 'Linux 6.2 or later has this sysctl');
      const noFilters = 'mount --bind /dev/null /proc/sys/kernel/seccomp/actions_avail';
      // For the doctor alone.
      const setTo = (value: string): string => {
        const stand = join(folder, `tiocsti-${value}`);
        writeFileSync(stand, `${value}\n`);
        return `mount --bind ${stand} ${path}`;
      };
      for (const [script, state, says] of [
        [`${setTo('0')}; ${noFilters}`, 'ok', /legacy_tiocsti is 0$/],
        [setTo('1'), 'ok', /^what is started in there cannot type/],
        [`${setTo('1')}; ${noFilters}`, 'limited', /^the kernel lets programs type/],
      ] as const) {
        const finding = find(await reportAfter(script), 'terminal-input');
        assert.equal(finding.state, state, script);
        assert.match(finding.found, says);
      }
    });

    it('user namespaces that a limit forbids are said to be missing, with the limit', async () => {
      const limit = '/proc/sys/user/max_user_namespaces';
      const plain = find(await report(), 'user-namespaces');
      assert.equal(plain.found === `${limit} is 0`, readFileSync(limit, 'utf8') === '0\n');
      const limited = await reportAfter(`echo 0 > ${limit}`, '--user', '--map-root-user');
      assert.deepEqual(find(limited, 'user-namespaces').found, `${limit} is 0`);
      assert.deepEqual(lacking(limited, 'user-namespaces'), ['new namespaces without sudo']);
    });

    /** Files of /proc/sys/kernel or /sys/kernel that another kernel has, and nothing else there. */
    const withKernel = (folder: string, files: Record<string, string>): Promise<Report> => {
      const written = Object.entries(files).map(
        ([name, text]) => `mkdir -p $(dirname ${folder}/${name}); echo ${text} > ${folder}/${name}`,
      );
      return reportAfter([`mount -t tmpfs none ${folder}`, ...written].join('; '));
    };

    it('user namespaces that a distribution’s kernel keeps from ordinary users: by which switch', async () => {
      for (const [name, value, limited] of [
        ['unprivileged_userns_clone', '0', true],
        ['unprivileged_userns_clone', '1', false],
        ['apparmor_restrict_unprivileged_userns', '1', true],
        ['apparmor_restrict_unprivileged_userns', '0', false],
      ] as const) {
        const finding = find(await withKernel('/proc/sys/kernel', { [name]: value }), 'user-namespaces');
        assert.equal(finding.state, limited ? 'limited' : 'ok', `${name} ${value}`);
        if (limited) assert.equal(finding.found, `/proc/sys/kernel/${name} is ${value}`);
      }
    });

    it('Yama, by how strict it is', async () => {
      for (const [scope, state] of [
        ['0', 'ok'],
        ['1', 'ok'],
        ['2', 'limited'],
        ['3', 'limited'],
      ] as const) {
        const finding = find(await withKernel('/proc/sys/kernel', { 'yama/ptrace_scope': scope }), 'ptrace-scope');
        assert.deepEqual([finding.state, finding.found], [state, `kernel.yama.ptrace_scope is ${scope}`]);
        assert.equal(/may not be readable$/.test(finding.advice), state === 'limited');
      }
      assert.equal(find(await withKernel('/proc/sys/kernel', {}), 'ptrace-scope').found, 'no Yama');
    });

    it('whether programs in memory may be executed', async () => {
      for (const [value, state] of [
        ['0', 'ok'],
        ['1', 'ok'],
        ['2', 'missing'],
      ] as const) {
        const after = await withKernel('/proc/sys/vm', { memfd_noexec: value });
        const finding = find(after, 'memory-programs');
        assert.deepEqual([finding.state, finding.found], [state, `vm.memfd_noexec is ${value}`]);
        assert.equal(lacking(after, 'memory-programs').includes('new namespaces without sudo'), state === 'missing');
      }
      assert.equal(find(await withKernel('/proc/sys/vm', {}), 'memory-programs').found, 'no vm.memfd_noexec');
    });

    it('security modules that label processes, among all there are', async () => {
      for (const [list, found] of [
        ['lockdown,capability,landlock,yama,apparmor,bpf', /^apparmor: --as target takes on/],
        ['capability,selinux,smack', /^selinux, smack: --as target takes on/],
        ['capability,yama', /^no LSM that labels processes$/],
      ] as const) {
        assert.match(find(await withKernel('/sys/kernel', { 'security/lsm': list }), 'lsm').found, found);
      }
    });

    it('a /proc that hides processes is seen', async () => {
      assert.equal(find(await report(), 'hidepid').state, 'ok');
      const hidden = await reportAfter('mount -t proc -o hidepid=2 proc /proc', '--pid', '--fork');
      assert.match(find(hidden, 'hidepid').found, /hidepid=(?:2|invisible)$/);
    });

    it('root that may not enter anything is told so', async () => {
      assert.deepEqual(find(await report(), 'rights').found, 'root with CAP_SYS_ADMIN');
      const weak = await reportOf(['setpriv', '--bounding-set=-sys_admin', '--', ...DOCTOR]);
      assert.deepEqual(
        [find(weak, 'rights').state, find(weak, 'rights').found],
        ['missing', 'root without CAP_SYS_ADMIN'],
      );
      const inside = await reportAfter('true', '--user', '--map-root-user');
      assert.equal(find(inside, 'rights').state, 'missing');
      assert.equal(find(await asNobody(), 'rights').state, 'ok');
    });
  });

  describe('of programs', () => {
    const NO_SUDO_RS = 'test ! -e /usr/bin/sudo-rs || mount --bind /dev/null /usr/bin/sudo-rs';
    const NO_SUDO = `${NO_SUDO_RS}; mount --bind /dev/null /usr/bin/sudo`;
    /** In a folder that is otherwise empty. */
    const withDoas = (mode?: number): string =>
      `mount -t tmpfs -o mode=755 none /usr/local/bin; cp -p ${fake('doas', 'usage: doas command', mode)} /usr/local/bin/doas`;

    it('sudo, by its own word', async () => {
      const version = (await run('/usr/bin/sudo', ['--version'])).split('\n')[0] ?? '';
      assert.equal(find(await report(), 'sudo').found, `/usr/bin/sudo: ${version}`);
    });

    for (const [version, state, advice] of [
      ['0.2.14', 'ok', /^$/],
      ['0.2.13', 'ok', /^$/],
      ['0.2.12', 'limited', /install --allow .*; upgrade it/],
      ['0.2.5', 'limited', /install --allow .*; upgrade it/],
      ['0.1.0', 'limited', /install --allow .*; upgrade it/],
      ['1.0.0', 'ok', /^$/],
    ] as const) {
      it(`sudo-rs ${version} in its place`, async () => {
        const script = `mount --bind ${fake('sudo', `sudo-rs ${version}`)} /usr/bin/sudo`;
        const finding = find(await reportAfter(script), 'sudo');
        assert.deepEqual([finding.state, finding.found], [state, `/usr/bin/sudo: sudo-rs ${version}`]);
        assert.match(finding.advice, advice);
      });
    }

    it('sudo-rs by its own name, as Debian, Ubuntu, Fedora and Arch have it beside another', async () => {
      const own = `mount -t tmpfs -o mode=755 none /usr/local/bin; cp -p ${fake('sudo-rs', 'sudo-rs 0.2.14')} /usr/local/bin/sudo-rs`;
      const { state, found, advice } = find(await reportAfter(`${NO_SUDO}; ${own}`), 'sudo');
      assert.deepEqual([state, found], ['limited', '/usr/local/bin/sudo-rs: sudo-rs 0.2.14']);
      assert.match(advice, /namespaces\.sudo\.path to \/usr\/local\/bin\/sudo-rs$/);
      assert.match(find(await reportAfter(own), 'sudo').found, /^\/usr\/bin\/sudo: /);
    });

    it('doas, alone and beside sudo', async () => {
      const alone = find(await reportAfter(`${NO_SUDO}; ${withDoas()}`), 'sudo');
      assert.deepEqual([alone.state, alone.found], ['limited', '/usr/local/bin/doas: doas']);
      assert.match(alone.advice, /namespaces\.sudo\.path/);
      const both = find(await reportAfter(withDoas()), 'sudo');
      assert.equal(both.state, 'ok');
      assert.match(both.found, /^\/usr\/bin\/sudo: .*; \/usr\/local\/bin\/doas is installed too$/);
    });

    it('neither', async () => {
      const without = await reportAfter(NO_SUDO);
      assert.equal(find(without, 'sudo').found, 'neither sudo nor doas');
      assert.ok(lacking(without, 'sudo').some((name) => name.startsWith("enter containers of root's")));
    });

    it('a sudo that gives nobody rights: not set-user-ID, or under no_new_privs', async () => {
      const plain = await reportAfter(`mount --bind ${fake('sudo', 'Sudo version 1', 0o755)} /usr/bin/sudo`);
      assert.equal(find(plain, 'sudo').state, 'missing');
      assert.match(find(plain, 'sudo').advice, /set-user-ID/);
      const sandboxed = await asNobody('--no-new-privs');
      assert.equal(find(sandboxed, 'sudo').state, 'missing');
      assert.match(find(sandboxed, 'sudo').advice, /no_new_privs/);
      assert.equal(find(await asNobody(), 'sudo').state, 'ok');
    });

    it('nothing of PATH is started', async () => {
      const mark = join(folder, 'mark');
      for (const name of ['sudo', 'doas', 'visudo']) {
        writeFileSync(join(folder, name), `#!/bin/sh\ntouch ${mark}\n`);
        chmodSync(join(folder, name), 0o4755);
      }
      const expected = await report();
      assert.deepEqual(await report({ env: { ...process.env, PATH: folder } }), expected);
      assert.ok(!existsSync(mark));
    });

    it('what others than root can replace is not started either', async () => {
      const mark = join(folder, 'mark');
      const evil = join(folder, 'evil');
      writeFileSync(evil, `#!/bin/sh\ntouch ${mark}\n`);
      chmodSync(evil, 0o4777);
      const found = await reportAfter(`${NO_SUDO_RS}; mount --bind ${evil} /usr/bin/sudo`);
      assert.ok(!existsSync(mark));
      assert.equal(find(found, 'sudo').found, 'neither sudo nor doas');
    });

    it('nor what a link names in a folder where others could make another link', async () => {
      const linked = (mode: string): string =>
        `${NO_SUDO}; mount -t tmpfs -o mode=${mode} none /usr/local/bin; ln -s /usr/bin/su /usr/local/bin/doas`;
      assert.equal(find(await reportAfter(linked('755')), 'sudo').found, '/usr/local/bin/doas: doas');
      assert.equal(find(await reportAfter(linked('775')), 'sudo').found, 'neither sudo nor doas');
    });

    it('visudo, there and not', async () => {
      assert.equal(find(await report(), 'visudo').state, 'ok');
      assert.equal(find(await reportAfter('mount --bind /dev/null /usr/sbin/visudo'), 'visudo').state, 'limited');
    });

    it('Node, and whose it is', async () => {
      const of = async (argv: string[]): Promise<string> => find(await reportOf(argv), 'runtime').found;
      assert.match(await of([copy.node, ...DOCTOR.slice(1)]), /which users other than root can replace$/);
      assert.ok((await of(DOCTOR)).startsWith(`Node ${process.versions.node} at ${NODE}`));
    });
  });

  describe('of an installed copy', () => {
    before(refuseToReplace);
    afterEach(async () => {
      await helper(['uninstall']);
    });
    const installed = async (): Promise<Finding> => find(await report(), 'installed');

    it('says who may do what', async () => {
      assert.equal((await installed()).found, 'no copy is installed');
      await helper(['install']);
      assert.equal((await installed()).found, `${PATHS.command}: no policy`);
      await helper(['install', '--allow', 'lnsalice,lnsbob', '--types', 'net,uts']);
      const { state, found } = await installed();
      assert.deepEqual([state, found], ['ok', `${PATHS.command}: lnsalice, lnsbob may join net, uts`]);
      assert.deepEqual(find(await asNobody(), 'installed'), await installed());
    });

    it('says what is wrong with it', async () => {
      await helper(['install', '--allow', 'lnsalice']);
      for (const [change, says] of [
        [['chmod', 'o+w', PATHS.policy], /users other than root can write it/],
        [['rm', PATHS.policy], /it is missing/],
        [['chmod', 'o+w', PATHS.command], /missing|users other than root/],
      ] as const) {
        await run(change[0], change.slice(1));
        const { state, advice } = await installed();
        assert.equal(state, 'limited');
        assert.match(advice, says);
      }
    });

    it('says that others than root can change what its Node loads', async () => {
      await helper(['install']);
      const library = await realpath((await run('ldd', [NODE])).match(/libm\.so\.6 => (\S+)/)?.[1] ?? '');
      // Another owner's over the machine's own, which only this run sees.
      const script = `mount -t tmpfs none /mnt; cp ${library} /mnt/lib; chown 4242 /mnt/lib; mount --bind /mnt/lib ${library}`;
      const { state, advice } = find(await reportAfter(script), 'installed');
      assert.deepEqual(
        [state, /can change (\S+), which its Node loads/.exec(advice)?.[1] !== undefined],
        ['limited', true],
      );
    });
  });
});

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
