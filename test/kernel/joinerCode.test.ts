// The machine code of a joiner (helper/joiner): that it is what its listing says, by the GNU assembler, and does what image.ts promises, on
// this machine's processor and, under QEMU, on those of the others that there are packages for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinerImage, type Step, strings, text } from '../../helper/joiner/image';
import { AT_FDCWD } from '../../helper/syscalls/files';
import { LISTINGS, machineCode, type Processor } from '../../helper/joiner/machineCode';
import { EXIT } from '../../helper/protocol';
import { capture, run, type RunResult } from '../support/run';

/** How each is assembled here, and its programs are run. */
const TOOLS: Record<Processor, { binutils: string; syntax: string; emulator: string }> = {
  x64: { binutils: 'x86_64-linux-gnu-', syntax: '.intel_syntax noprefix', emulator: 'qemu-x86_64' },
  arm64: { binutils: 'aarch64-linux-gnu-', syntax: '', emulator: 'qemu-aarch64' },
  arm: { binutils: 'arm-linux-gnueabihf-', syntax: '.arch armv7-a\n.arm', emulator: 'qemu-arm' },
};

const say = (line: string): Step => ({ call: 'write', args: [1, Buffer.from(line), Buffer.byteLength(line)] });
const end = (code: number): Step => ({ call: 'exit_group', args: [code] });
const NOWHERE = text('/no/such/folder');

for (const processor of Object.keys(LISTINGS) as Processor[]) {
  const { binutils, syntax, emulator } = TOOLS[processor];
  describe(`a joiner’s code for ${processor}`, () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'lns-joiner-'));
    });
    after(() => {
      rmSync(folder, { recursive: true });
    });

    /** Makes the file, and returns how it is run. */
    function commandOf(steps: readonly Step[]): [program: string, args: string[]] {
      const file = join(folder, 'joiner');
      writeFileSync(file, joinerImage(steps, processor), { mode: 0o755 });
      return process.arch === processor ? [file, []] : [emulator, [file]];
    }
    const runList = (steps: readonly Step[]): Promise<RunResult> => capture(...commandOf(steps));

    it('is what its listing says', async () => {
      const [source, object, code] = ['s', 'o', 'bin'].map((name) => join(folder, `code.${name}`)) as [
        string,
        string,
        string,
      ];
      const instructions = LISTINGS[processor].replace(/^ *[0-9a-f]+ /gm, '');
      writeFileSync(source, `${syntax}\n${instructions}\n`);
      await run(`${binutils}as`, ['-o', object, source]);
      await run(`${binutils}objcopy`, ['-O', 'binary', '-j', '.text', object, code]);
      assert.equal(machineCode(processor).toString('hex'), readFileSync(code).toString('hex'));
    });

    it('makes one call after the other, past one that fails and has no line to say', async () => {
      const { code, stdout, stderr } = await runList([say('a'), { call: 'chdir', args: [NOWHERE] }, say('b'), end(7)]);
      assert.deepEqual([code, stdout, stderr], [7, 'ab', '']);
    });

    it('ends at an error that has a line to say, with the kernel’s reason in it, or without', async () => {
      for (const [advice, line] of [
        ['; give another', 'ns-helper: nowhere: no such file or directory; give another\n'],
        [null, 'ns-helper: nowhere: \n'],
      ] as const) {
        const failure = { cause: 'badDirectory', message: 'nowhere: ', advice } as const;
        const { code, stdout, stderr } = await runList([{ call: 'chdir', args: [NOWHERE], failure }, say('b'), end(0)]);
        assert.deepEqual([code, stdout, stderr], [EXIT.badDirectory.code, '', line]);
      }
    });

    it('goes on elsewhere at the result that is named, an errno too, and only at that one', async () => {
      const [there, last] = [say('there'), end(0)];
      const ENOENT = -2;
      for (const [result, shown] of [
        [ENOENT, 'there'],
        [ENOENT - 1, 'herethere'],
      ] as const) {
        const steps: Step[] = [
          { call: 'chdir', args: [NOWHERE], at: { result, step: there } },
          say('here'),
          there,
          last,
        ];
        assert.equal((await runList(steps)).stdout, shown);
      }
    });

    it('compares memory to its last byte', async () => {
      const wanted = Buffer.from('net:[4026531840]');
      for (let at = -1; at < wanted.length; at++) {
        const found = Buffer.from(wanted);
        if (at >= 0) found.writeUInt8(found.readUInt8(at) ^ 1, at);
        const failure = { cause: 'joinFailed', message: 'differs', advice: null } as const;
        const { code } = await runList([{ call: 'same', args: [wanted, found, wanted.length], failure }, end(0)]);
        assert.equal(code, at < 0 ? 0 : EXIT.joinFailed.code, String(at));
      }
    });

    it('executes a program, with its arguments and environment', async () => {
      const argv = strings(['sh', '-c', 'printf "%s|" "$0" "$@"; env', 'a b', '', 'c']);
      const { stdout } = await runList([{ call: 'execve', args: [text('/bin/sh'), argv, strings(['A=1', 'B=\n'])] }]);
      assert.ok(stdout.startsWith('a b||c|A=1\nB=\n\n'), stdout);
    });

    it('makes a child, and knows its pid', () => {
      const SIGCHLD = 17;
      const own = Buffer.alloc(16);
      const child: Step = { call: 'readlinkat', args: [AT_FDCWD, text('/proc/self'), own, own.length] };
      const clone: Step = { call: 'clone', args: [SIGCHLD], at: { result: 0, step: child } };
      const parent: Step[] = [{ call: 'write', args: [1, clone, 4] }, end(0)];
      const says: Step = { call: 'write', args: [2, own, own.length] };
      // Until both have closed what they write to.
      const { stdout, stderr } = spawnSync(...commandOf([clone, ...parent, child, says, end(0)]));
      assert.match(stderr.toString(), /^[1-9]\d*\0+$/);
      assert.equal(stdout.readInt32LE(), Number.parseInt(stderr.toString()));
    });

    it('past the last step, ends as what must not be', async () => {
      assert.equal((await runList([say('a')])).code, EXIT.internal.code);
    });
  });
}
