// The environment as bytes: splitting, looking up, replacing.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEnter } from '../../helper/enter/arguments';
import {
  buildEnvironment,
  chooseShell,
  getVariable,
  splitEnvironment,
  withVariables,
  type Environment,
} from '../../helper/enter/environment';

const env = (...entries: string[]): Environment => entries.map((entry) => Buffer.from(entry, 'latin1'));
const texts = (environment: Environment): string[] => environment.map((entry) => entry.toString('latin1'));

describe('the environment', () => {
  const BLOCKS: [string, string[]][] = [
    ['', []],
    ['\0', []],
    ['\0\0\0', []],
    ['A=1', ['A=1']],
    ['A=1\0', ['A=1']],
    ['A=1\0\0B=2\0', ['A=1', 'B=2']],
    ['A=\0B==\0C=a=b', ['A=', 'B==', 'C=a=b']],
    ['=x\0nothing\0A=1', ['A=1']],
    ['A=\xff\xfe\n\0', ['A=\xff\xfe\n']],
  ];
  for (const [block, entries] of BLOCKS) {
    it(`splits ${JSON.stringify(block)}`, () => {
      assert.deepEqual(texts(splitEnvironment(Buffer.from(block, 'latin1'))), entries);
    });
  }

  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array.map((byte) => byte || 1)));
  const entry = fc.tuple(name, bytes).map(([key, value]) => Buffer.concat([Buffer.from(`${key}=`), value]));

  it('keeps every byte of every entry, in order', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.boolean(), (entries, ended) => {
        const joined = entries.flatMap((each, index) =>
          index < entries.length - 1 || ended ? [each, Buffer.from([0])] : [each],
        );
        assert.deepEqual(splitEnvironment(Buffer.concat(joined)), entries);
      }),
    );
  });

  it('any bytes split into what has a name, and no NUL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (array) => {
        for (const each of splitEnvironment(Buffer.from(array))) {
          assert.ok(each.indexOf('=') > 0);
          assert.equal(each.indexOf(0), -1);
        }
      }),
    );
  });

  it('looks up by the whole name, the first of two', () => {
    const environment = env('PATHX=no', 'PATH=/bin', 'PATH=/other', 'EMPTY=', 'U=\xc3\xa4');
    const CASES: [string, string | null][] = [
      ['PATH', '/bin'],
      ['EMPTY', ''],
      ['PAT', null],
      ['U', 'ä'],
      ['', null],
    ];
    for (const [key, value] of CASES) assert.equal(getVariable(environment, key), value, key);
  });

  it('replaces all of a name, and leaves the rest as it is', () => {
    const before = env('A=1', 'AB=2', 'A=3', 'C=\xff');
    assert.deepEqual(texts(withVariables(before, { A: 'x=y', D: 'ü' })), ['AB=2', 'C=\xff', 'A=x=y', 'D=\xc3\xbc']);
    assert.deepEqual(texts(before), ['A=1', 'AB=2', 'A=3', 'C=\xff']);
    fc.assert(
      fc.property(fc.array(entry), name, fc.string(), (entries, key, value) => {
        fc.pre(!value.includes('\0'));
        const changed = withVariables(entries, { [key]: value });
        assert.equal(getVariable(changed, key), Buffer.from(value).toString('utf8'));
        assert.equal(changed.filter((each) => each.toString('latin1').startsWith(`${key}=`)).length, 1);
      }),
    );
  });

  const dev = { name: 'dev', uid: 4242, gid: 4242, home: '/home/dev', shell: '/bin/zsh' };
  const caller = { uid: 4242, gid: 4242, groups: [], account: () => dev };
  const build = (args: string[], own: Environment, joinsMnt: boolean): string[] =>
    texts(buildEnvironment({ request: parseEnter(['--new', 'net', ...args]), caller, own, joinsMnt, target: null }));

  it('in a container’s files: small, and only the terminal’s type is from here', () => {
    const own = env('TERM=xterm', 'SECRET=1', 'PATH=/home/dev/bin', 'HOME=/home/other');
    const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    assert.deepEqual(build([], own, true), [PATH, 'HOME=/home/dev', 'USER=dev', 'LOGNAME=dev', 'TERM=xterm']);
    assert.deepEqual(build(['--as', 'root'], own, true), [
      PATH,
      'HOME=/root',
      'USER=root',
      'LOGNAME=root',
      'TERM=xterm',
    ]);
  });

  it('as root in the host’s files: as sudo left it', () => {
    assert.deepEqual(build(['--as', 'root'], env('A=1', 'SUDO_UID=4242'), false), ['A=1', 'SUDO_UID=4242']);
  });

  it('chooses SHELL, then the account’s, then sh; a path alone, and never the caller’s in a container’s files', () => {
    const CASES: [Environment, typeof dev | null, boolean, string][] = [
      [env('SHELL=/bin/fish'), dev, false, '/bin/fish'],
      [env(), dev, false, '/bin/zsh'],
      [env('SHELL=zsh'), dev, false, '/bin/sh'],
      [env(), null, false, '/bin/sh'],
      [env('SHELL=/bin/fish'), dev, true, '/bin/sh'],
    ];
    for (const [environment, account, joinsMnt, shell] of CASES)
      assert.equal(chooseShell(environment, { ...caller, account: () => account }, joinsMnt), shell);
  });
});
