// Arguments, paths and variables are bytes: what is no UTF-8 reaches the command, and the files that it names, as it is.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture, type RunResult } from '../support/run';
import { startSandbox, type Sandbox } from '../support/sandbox';
import { HELPER, NODE } from './support';

/** In ISO 8859-1 the last letter of `a\u00ff`; in UTF-8 nothing. */
const ODD = Buffer.from([0x61, 0xff]);

describe('enter: bytes that are no UTF-8', () => {
  let folder: string;
  let box: Sandbox;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lns-bytes-'));
    const odd = Buffer.concat([Buffer.from(`${folder}/`), ODD]);
    mkdirSync(odd);
    writeFileSync(Buffer.concat([odd, Buffer.from('/'), ODD]), '#!/bin/sh\necho found\n', { mode: 0o755 });
    writeFileSync(Buffer.concat([odd, Buffer.from('/env')]), 'VALUE=here\0', { mode: 0o600 });
    box = await startSandbox({ types: ['mnt', 'pid', 'net', 'user'] });
  });
  after(async () => {
    await box.stop();
    rmSync(folder, { recursive: true });
  });

  /** `enter` with arguments in which `$odd` stands for these bytes. Node can start no program with others than UTF-8. */
  function enter(...args: string[]): Promise<RunResult> {
    const words = [NODE, '--', HELPER, 'enter', ...args].map((word) => `"${word}"`);
    return capture('bash', [
      '-euc',
      `odd=$'a\\xff'; folder=$1; export PATH="$PATH:$1/$odd"; exec ${words.join(' ')}`,
      'bash',
      folder,
    ]);
  }
  const hex = ['sh', '-c', 'printf %s "\\$1" | od -An -tx1', 'sh', 'é$odd'];
  const succeeds = async (expected: string, ...args: string[]): Promise<void> => {
    const result = await enter(...args);
    assert.deepEqual(result, { code: 0, signal: null, stdout: expected, stderr: '' });
  };

  const WAYS: [string, () => string[]][] = [
    ['in place', () => ['--new', 'uts']],
    ['by the first process of a new pid namespace', () => ['--new', 'pid']],
    ['by a helper that was started anew', () => ['--target', String(box.pid), '--join', 'mnt,pid', '--as', 'root']],
    [
      'by a joiner whose child is waited for',
      () => ['--target', String(box.pid), '--join', 'user,pid', '--as', 'root'],
    ],
  ];
  for (const [way, args] of WAYS) {
    it(`an argument, ${way}`, () => succeeds(' c3 a9 61 ff\n', ...args(), '--', ...hex));
    it(`a directory, ${way}`, () => succeeds('found\n', ...args(), '--cwd', '$folder/$odd', '--', './$odd'));
  }

  it('a program in the PATH', () => succeeds('found\n', '--new', 'uts', '--', '$odd'));
  it('a file of variables', () =>
    succeeds(
      'here\n',
      '--new',
      'uts',
      '--environment-file',
      '$folder/$odd/env',
      '--',
      '/bin/sh',
      '-c',
      'echo \\$VALUE',
    ));

  it('a message shows them as something that can be read', async () => {
    const { code, stderr } = await enter('--new', 'uts', '--cwd', '$folder/none$odd', '--', 'true');
    assert.equal(code, 210);
    assert.match(stderr, /nonea\\udcff" in the target: no such file or directory/);
  });
});
