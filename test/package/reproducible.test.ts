// The same sources give the same package, byte for byte: built in another folder, later, by somebody with another umask,
// time zone and language.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { run } from '../support/run';
import { vsixOf } from './support';

const NOT_SOURCES = ['node_modules', '.git', 'dist', 'out'];

describe('two builds', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-rebuild-'));
    const isSource = (path: string): boolean => !NOT_SOURCES.includes(basename(path)) && !path.endsWith('.vsix');
    cpSync('.', folder, { recursive: true, filter: isSource });
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('give the same bytes', async () => {
    const env = { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: '1' };
    const build = ['sh', '-euc', 'umask 077; exec "$@"', 'sh', process.execPath, 'scripts/package.mjs', 'alpine-x64'];
    await run('setpriv', ['--pdeathsig', 'KILL', '--', ...build], { cwd: folder, env });
    const [one, other] = ['.', folder].map((where) => readFileSync(vsixOf('alpine-x64', where)));
    assert.ok(one && other && one.equals(other), 'the packages differ');
  });
});
