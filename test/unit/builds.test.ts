// The builds of a folder: npm scripts and Makefile targets, whatever else is in those files.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { findBuilds, makeTargets, npmScripts } from '../../extension/tasks/builds';

describe('npm scripts', () => {
  const FILES: [string, string[]][] = [
    ['{"scripts":{"build":"tsc","test":"mocha","pre:x y":""}}', ['build', 'test', 'pre:x y']],
    ['{"scripts":{}}', []],
    ['{"name":"x"}', []],
    ['{"scripts":null}', []],
    ['{"scripts":{"build":1}}', []],
    ['{"scripts":', []],
    ['[]', []],
    ['null', []],
    ['', []],
  ];
  for (const [file, scripts] of FILES) {
    it(`of ${file === '' ? 'nothing' : file}`, () => {
      assert.deepEqual(npmScripts(file), scripts);
    });
  }
  it('of any text: a list, never a throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
        assert.ok(npmScripts(text).every((script) => typeof script === 'string'));
      }),
    );
  });
});

describe('Makefile targets', () => {
  const FILES: [string, string[]][] = [
    ['all: a b\n\tcc\nclean:\n', ['all', 'clean']],
    ['build/app.js : src/a.ts\n', ['build/app.js']],
    ['one two-b: x\n', ['one', 'two-b']],
    ['all::\nall::\n', ['all']],
    ['.PHONY: all\n.SUFFIXES:\n', []],
    ['%.o: %.c\n', []],
    ['$(BIN): x\n', []],
    ['CC := gcc\nA=b:c\nB ::= x\nC ?= y:z\nD += w\n', []],
    ['# note: this\n', []],
    ['all:\n\techo http://x\n\techo done: yes\n', ['all']],
    ['debug: CFLAGS += -g\n', ['debug']],
    ['windows:\r\n\tx\r\n', ['windows']],
    ['', []],
  ];
  for (const [file, targets] of FILES) {
    it(`of ${JSON.stringify(file)}`, () => {
      assert.deepEqual(makeTargets(file), targets);
    });
  }

  it('of any text: names that start plainly and hold no space, never a throw', () => {
    const piece = fc.oneof(fc.constantFrom('a', ':', '::', '=', ' ', '\t', '\n', '%', '.PHONY', '$(X)'), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        for (const target of makeTargets(pieces.join(''))) assert.match(target, /^[\w./-]+$/);
      }),
    );
  });

  it('of a huge line, which is read once', () => {
    // Read anew from each of its characters, one of these alone would take longer than a test may.
    for (const filler of [' ', 'a', 'a ', '\n', ' \n', ':', 'a: ']) {
      assert.ok(makeTargets(`x${filler.repeat(500_000)}y`).length <= 500_001);
    }
  });
});

describe('the builds of a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-builds-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text);
  };
  const names = async (): Promise<string[]> => (await findBuilds(folder)).map(({ name }) => name);

  it('of an empty folder, and of none: none', async () => {
    assert.deepEqual(await findBuilds(folder), []);
    assert.deepEqual(await findBuilds(join(folder, 'nothing')), []);
  });

  it('are what a person would type, and know which of them build and test', async () => {
    write('package.json', '{"scripts":{"build":"x","test":"x","lint":"x","compile:all":"x","testing":"x"}}');
    write('Makefile', 'all:\ncheck:\n');
    assert.deepEqual(await findBuilds(folder), [
      { name: 'npm run build', command: 'npm', args: ['run', 'build'], group: 'build' },
      { name: 'npm test', command: 'npm', args: ['test'], group: 'test' },
      { name: 'npm run lint', command: 'npm', args: ['run', 'lint'], group: null },
      { name: 'npm run compile:all', command: 'npm', args: ['run', 'compile:all'], group: 'build' },
      { name: 'npm run testing', command: 'npm', args: ['run', 'testing'], group: null },
      { name: 'make all', command: 'make', args: ['all'], group: 'build' },
      { name: 'make check', command: 'make', args: ['check'], group: 'test' },
    ]);
  });

  it('are run by the package manager whose lock file is there', async () => {
    write('package.json', '{"scripts":{"build":"x"}}');
    for (const [lock, line] of [
      ['package-lock.json', 'npm run build'],
      ['bun.lock', 'bun run build'],
      ['yarn.lock', 'yarn run build'],
      ['pnpm-lock.yaml', 'pnpm run build'],
    ] as const) {
      write(lock, '');
      assert.deepEqual(await names(), [line]);
    }
  });

  it('are those of the makefile that make(1) would take', async () => {
    write('Makefile', 'third:\n');
    write('makefile', 'second:\n');
    assert.deepEqual(await names(), ['make second']);
    write('GNUmakefile', 'first:\n');
    assert.deepEqual(await names(), ['make first']);
  });

  it('a broken package.json takes nothing from the Makefile', async () => {
    write('package.json', '{');
    write('Makefile', 'all:\n');
    assert.deepEqual(await names(), ['make all']);
  });
});
