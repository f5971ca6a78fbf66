// What counts as root's alone, and what a program tells the dynamic loader: the ground on which install trusts a Node.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { readLoaderWords } from '../../helper/install/elf';
import { isRootsAlone, isRootsToMake } from '../../helper/install/trust';

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), 'lns-trust-'))));
after(() => {
  rmSync(folder, { recursive: true });
});

describe('what is root’s alone', () => {
  it('is what nobody else can change, nor any link or folder on the way there', () => {
    assert.ok(isRootsAlone('/'));
    assert.ok(isRootsAlone('/usr/../usr/'));
    assert.ok(!isRootsAlone('usr'));
    assert.ok(!isRootsAlone('/usr/none'));
    // Below /tmp, which everybody can write.
    symlinkSync('/usr', join(folder, 'link'));
    for (const path of ['', 'link', 'link/share', 'none', '../..'])
      assert.ok(!isRootsAlone(join('/', folder) + `/${path}`));
  });

  it('can be what is not there, where only root can make it', () => {
    assert.ok(isRootsToMake('/usr/none/lib'));
    for (const path of ['none', 'link/none']) assert.ok(!isRootsToMake(join(folder, path)));
  });
});

describe('what a program tells the loader', () => {
  it('is read of this Node', () => {
    assert.ok(isAbsolute(readLoaderWords(process.execPath).interpreter ?? ''));
  });

  it('is read of a file for 32 bits, each folder by itself', () => {
    const file = Buffer.alloc(512);
    const words = (at: number, ...values: number[]): void => {
      for (const [index, value] of values.entries()) file.writeUInt32LE(value, at + 4 * index);
    };
    file.write('\u007fELF\u0001\u0001', 'latin1');
    words(28, 64);
    file.writeUInt16LE(32, 42);
    file.writeUInt16LE(3, 44);
    // Type, offset, address, address, size: all is loaded at 0x1000, and so the text at 0x1100 is found at 0x100.
    words(64, 1, 0, 0x1000, 0x1000, 512);
    words(96, 2, 192, 0x10c0, 0x10c0, 24);
    words(128, 3, 0x140, 0x1140, 0x1140, 16);
    words(192, 5, 0x1100, 29, 1, 15, 13);
    file.write('\0$ORIGIN/a:\0\0/b\0', 0x100, 'latin1');
    file.write('/lib/ld.so\0', 0x140, 'latin1');
    const path = join(folder, 'elf');
    writeFileSync(path, file);
    assert.deepEqual(readLoaderWords(path), { interpreter: '/lib/ld.so', searched: ['$ORIGIN/a', '', '/b'] });
  });

  it('is not guessed of anything else', () => {
    const path = join(folder, 'script');
    writeFileSync(path, '#!/bin/sh\n');
    assert.throws(() => readLoaderWords(path), TypeError);
  });
});
