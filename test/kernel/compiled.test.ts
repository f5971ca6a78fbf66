// What V8 made of the bundles that enter and scan, kept beside them and taken from there: only by the same V8, and only if nobody
// could have written it who could not have written the bundle.
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { CodeKeeper } from '../../extension/launch/codeKeeper';
import { helperCommand, type Runtime } from '../../extension/shared/helperCommand';
import {
  codeFile,
  ENTER_BUNDLE,
  JOINER_BUNDLE,
  KEPT_BUNDLES,
  SCAN_BUNDLE,
  type ScanDocument,
} from '../../helper/protocol';
import { foreignCode, whoseCode } from '../support/keptCode';
import { capture, run as call, waitFor } from '../support/run';
import { runtimeOf } from '../support/runtime';
import { startSandbox } from '../support/sandbox';
import { inodesOf } from './support';
import { PublicCopy } from './supportUsers';

/** What it does where its command line is wrong, and where it is right. */
interface Program {
  what: string;
  bundleName: string;
  wrong: readonly [verb: string, ...rest: string[]];
  right: readonly string[];
}

const ENTERS: Program = {
  what: 'what enters',
  bundleName: ENTER_BUNDLE,
  wrong: ['enter'],
  right: ['enter', '--new', 'uts', '--', 'true'],
};
const SCANS: Program = {
  what: 'what scans',
  bundleName: SCAN_BUNDLE,
  wrong: ['scan', '--unknown'],
  right: ['scan', '--json'],
};

for (const program of [ENTERS, SCANS])
  describe(`the code that V8 made of ${program.what}`, () => {
    const { bundleName, wrong, right } = program;
    let copy: PublicCopy;
    let runtime: Runtime;
    let bundle: string;
    let code: string;
    /** What `compile` keeps, and the same with the code of another program. */
    let own: Buffer;
    let foreign: Buffer;

    const runOn = (of: Runtime, args: readonly string[]): ReturnType<typeof capture> => {
      const { command, args: rest } = helperCommand(of, args);
      return capture(command, rest);
    };
    const run = (...args: string[]): ReturnType<typeof capture> => runOn(runtime, args);
    const whose = async (...options: string[]): Promise<string> => whoseCode((await run(...wrong, ...options)).stderr);
    /** V8 never makes the same twice. */
    const isOfBundle = (path = bundle): boolean => {
      const [source, kept] = [readFileSync(path), readFileSync(codeFile(path))];
      return kept.length > source.length && kept.subarray(0, source.length).equals(source);
    };

    before(async () => {
      copy = new PublicCopy();
      runtime = runtimeOf(copy.helper);
      bundle = join(dirname(copy.helper), bundleName);
      code = codeFile(bundle);
      const compile = async (): Promise<void> => {
        assert.equal((await run('compile')).code, 0);
      };
      foreign = await foreignCode(bundle, compile);
      await compile();
      own = readFileSync(code);
    });
    after(() => {
      copy.remove();
    });
    beforeEach(() => {
      rmSync(code, { recursive: true, force: true });
    });

    it('is kept whole or not at all, for everybody to read and nobody else to write', async () => {
      writeFileSync(code, 'what an earlier one left');
      assert.equal((await run('compile')).code, 0);
      assert.ok(isOfBundle());
      assert.equal(statSync(code).mode & 0o7777, 0o644);
      const left = readdirSync(dirname(bundle)).filter((name) => name.startsWith(bundleName));
      assert.deepEqual(left.sort(), [bundleName, `${bundleName}.${process.versions.v8}.code`]);
    });

    it('is left half-kept by one that is ended, for the next to remove, but for what may still be written', async () => {
      const folder = dirname(bundle);
      const drafts = (): string[] => readdirSync(folder).filter((name) => /\.code\.[0-9]+$/.test(name));
      const ends = join(folder, 'ends.cjs');
      writeFileSync(ends, `require('fs').renameSync = () => process.kill(process.pid, 'SIGKILL');`);
      const killed = await capture(copy.node, ['--require', ends, '--', copy.helper, 'compile']);
      assert.equal(killed.signal, 'SIGKILL', killed.stderr);
      const [left = '', ...more] = drafts();
      assert.deepEqual([left !== '', more, existsSync(code)], [true, [], false]);
      await run('compile');
      assert.deepEqual(drafts(), [left]);
      const longAgo = Date.now() / 1000 - 120;
      utimesSync(join(folder, left), longAgo, longAgo);
      await run('compile');
      assert.deepEqual(drafts(), []);
      assert.ok(isOfBundle());
    });

    it('is what runs, where it is root’s or that of whose the bundle is', async () => {
      writeFileSync(code, foreign, { mode: 0o644 });
      assert.equal(await whose(), 'foreign');
      chownSync(bundle, 1234, 1234);
      try {
        assert.equal(await whose(), 'foreign');
        chownSync(code, 1234, 1234);
        assert.equal(await whose(), 'foreign');
      } finally {
        chownSync(bundle, 0, 0);
      }
    });

    const NOT_TAKEN: [what: string, make: () => void][] = [
      [
        'another user’s',
        () => {
          chownSync(code, 1234, 1234);
        },
      ],
      [
        'for its group to write',
        () => {
          chmodSync(code, 0o664);
        },
      ],
      [
        'for everybody to write',
        () => {
          chmodSync(code, 0o646);
        },
      ],
      [
        'behind a link',
        () => {
          renameSync(code, `${code}.real`);
          symlinkSync(`${code}.real`, code);
        },
      ],
      [
        'a folder',
        () => {
          rmSync(code);
          mkdirSync(code);
        },
      ],
      [
        'empty',
        () => {
          truncateSync(code);
        },
      ],
      [
        'half of it',
        () => {
          truncateSync(code, Math.floor(foreign.length / 2));
        },
      ],
      [
        'all but its last byte',
        () => {
          truncateSync(code, foreign.length - 1);
        },
      ],
      [
        'of another bundle, if only by a byte',
        () => {
          const other = Buffer.from(foreign);
          other.writeUInt8(other.readUInt8(1000) ^ 1, 1000);
          writeFileSync(code, other);
        },
      ],
    ];
    for (const [what, make] of NOT_TAKEN)
      it(`is not taken, and nothing is said of it: ${what}`, async () => {
        writeFileSync(code, foreign, { mode: 0o644 });
        try {
          make();
          assert.equal(await whose(), 'own');
          assert.equal((await run(...right)).stderr, '');
        } finally {
          rmSync(`${code}.real`, { force: true });
        }
      });

    it('is not waited for: a FIFO', async () => {
      await call('mkfifo', [code]);
      assert.equal(await whose(), 'own');
    });

    it('is not taken by a Node with other options, of which it says nothing', async () => {
      writeFileSync(code, foreign, { mode: 0o644 });
      const { stderr } = await capture(runtime.execPath, ['--stack-size=900', '--', copy.helper, ...wrong]);
      assert.equal(whoseCode(stderr), 'own');
    });

    it('is kept, and is what runs, also where no options are given, as none are to Electron', async () => {
      const bare = runtimeOf(copy.helper, { electron: true });
      writeFileSync(code, await foreignCode(bundle, () => runOn(bare, ['compile'])), { mode: 0o644 });
      assert.equal(whoseCode((await runOn(bare, wrong)).stderr), 'foreign');
      // Those who do give them find it made with others.
      assert.equal(await whose(), 'own');
    });

    if (program === SCANS) {
      it('scans as without it', async () => {
        const box = await startSandbox({ types: ['net', 'mnt', 'pid', 'uts'] });
        try {
          const found = async (): Promise<unknown> => {
            const { containers } = JSON.parse((await run('scan', '--json')).stdout) as ScanDocument;
            return containers.find(({ pid }) => pid === box.pid) ?? assert.fail();
          };
          const without = await found();
          writeFileSync(code, own, { mode: 0o644 });
          assert.deepEqual(await found(), without);
        } finally {
          await box.stop();
        }
      });
      return;
    }

    it('is kept for the bundle with a joiner too, and is what runs where one is needed', async () => {
      const withJoiner = join(dirname(copy.helper), JOINER_BUNDLE);
      const compile = (): ReturnType<typeof run> => run('compile');
      writeFileSync(codeFile(withJoiner), await foreignCode(withJoiner, compile));
      assert.ok(isOfBundle(withJoiner));
      // By its word `user`: a command line that names nothing to join.
      assert.deepEqual([await whose('--as', 'user'), await whose()], ['foreign', 'own']);
      await compile();
      assert.equal(await whose('--as', 'user'), 'own');
    });

    it('enters as without it: started once, again in a user namespace, and by a joiner', async () => {
      writeFileSync(code, own, { mode: 0o644 });
      const types = ['user', 'mnt', 'net', 'uts', 'ipc'] as const;
      for (const more of [[], ['pid']] as const) {
        const box = await startSandbox({ types: [...types, ...more] });
        try {
          for (const joined of ['net', 'user,net', [...types, ...more].join()]) {
            const script = `stat --dereference --format=%i ${joined
              .split(',')
              .map((type) => `/proc/self/ns/${type}`)
              .join(' ')}; ls /proc/self/fd | wc -l`;
            const {
              stdout,
              stderr,
              code: ended,
            } = await run(...['enter', '--target', String(box.pid), '--join', joined, '--', 'sh', '-c', script]);
            const inodes = inodesOf(box.pid);
            const wanted = joined.split(',').map((type) => inodes[type as keyof typeof inodes]);
            // The three, and the folder that ls reads.
            assert.deepEqual([ended, stdout], [0, [...wanted, 4, ''].join('\n')], `${joined}: ${stderr}`);
          }
        } finally {
          await box.stop();
        }
      }
    });

    describe('is asked for by the extension', () => {
      const notes: string[] = [];
      const keeper = (of: Runtime = runtime): CodeKeeper =>
        new CodeKeeper(
          () => of,
          (text) => notes.push(text),
          10,
        );
      beforeEach(() => {
        notes.length = 0;
      });

      it('after a helper has begun, once', async () => {
        const one = keeper();
        for (let start = 0; start < 3; start++) one.soon();
        assert.ok(!existsSync(code));
        await waitFor('the code', () => existsSync(code));
        assert.ok(isOfBundle());
        assert.deepEqual(notes, []);
      });

      it('where that of one bundle is not there', async () => {
        const all = KEPT_BUNDLES.map((name) => join(dirname(copy.helper), name));
        for (const path of all) {
          assert.equal((await run('compile')).code, 0);
          rmSync(codeFile(path));
          keeper().soon();
          await waitFor('the code', () => existsSync(codeFile(path)));
          assert.ok(isOfBundle(path));
        }
      });

      it('not where that of all is there already', async () => {
        assert.equal((await run('compile')).code, 0);
        const before = lstatSync(code).ino;
        keeper({ ...runtime, execPath: '/nonexistent' }).soon();
        await new Promise((done) => setTimeout(done, 100));
        assert.equal(lstatSync(code).ino, before);
        assert.deepEqual(notes, []);
      });

      it('not any more once the extension ends', async () => {
        const one = keeper({ ...runtime, execPath: '/nonexistent' });
        one.soon();
        one.dispose();
        await new Promise((done) => setTimeout(done, 100));
        assert.deepEqual(notes, []);
      });

      it('and said in the log where it cannot be kept', async () => {
        // As an extension for all users of a machine, of which root alone may write to the folder.
        const execPath = join(dirname(copy.helper), 'as-somebody');
        writeFileSync(execPath, `#!/bin/sh\nexec setpriv --reuid=1234 --clear-groups '${copy.node}' "$@"\n`, {
          mode: 0o755,
        });
        keeper({ ...runtime, execPath }).soon();
        await waitFor('a note', () => notes.length > 0);
        assert.deepEqual(notes, ['ns-helper: compile: nothing was kept: permission denied']);
        assert.ok(!existsSync(code));
      });
    });
  });
