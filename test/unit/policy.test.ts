// The policy of an installed helper: what its file may say, whom it binds, and what it refuses.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseEnter } from '../../helper/enter/arguments';
import { HelperError } from '../../helper/errors';
import { sudoersFor } from '../../helper/install/install';
import { PATHS } from '../../helper/install/paths';
import { checkAgainst, checkType, checkUser, isBound, parsePolicy, usersLetIn } from '../../helper/install/policy';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';

describe('the policy', () => {
  it('is read as it was written', () => {
    const policy = { users: ['alice', 'bob-2'], types: ['net', 'uts'] };
    assert.deepEqual(parsePolicy(JSON.stringify(policy)), policy);
  });

  const BROKEN: [string, string][] = [
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no users', '{"types":["net"]}'],
    ['no types', '{"users":["alice"]}'],
    ['a type that gives rights', '{"users":["alice"],"types":["net","user"]}'],
    ['a type that no kernel has', '{"users":["alice"],"types":["network"]}'],
    ['a user who is a number', '{"users":[1000],"types":["net"]}'],
    ['a group', '{"users":["%sudo"],"types":["net"]}'],
    ['an unknown field, which a later version may mean something by', '{"users":[],"types":["net"],"deny":["net"]}'],
  ];
  for (const [what, text] of BROKEN) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => parsePolicy(text));
    });
  }

  for (const name of NAMESPACE_NAMES) {
    const allowable = !['mnt', 'pid', 'user'].includes(name);
    it(`${allowable ? 'can' : 'cannot'} allow ${name}`, () => {
      if (allowable) assert.equal(checkType(name), name);
      else assert.throws(() => checkType(name), /cannot be allowed/);
    });
  }

  for (const name of [
    'root',
    'ALL',
    '%wheel',
    '#0',
    '+netgroup',
    'a,b',
    'a b',
    'a\nb',
    'a=b',
    '!a',
    '',
    '-a',
    '../a',
  ]) {
    it(`cannot be for ${JSON.stringify(name)}`, () => {
      assert.throws(() => checkUser(name));
    });
  }

  it('whatever a name is, what goes into sudoers is one plain line', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_][a-z0-9_-]{0,40}$/)), (name) => {
        let user: string;
        try {
          user = checkUser(name);
        } catch {
          return;
        }
        const line = `${name} ALL=(root) NOPASSWD: ${PATHS.command} enter *`;
        assert.equal(sudoersFor({ users: [user], types: ['net'] }).split('\n')[2], line);
        assert.match(line, /^[a-z0-9_-]+ ALL=/);
      }),
    );
  });

  it('knows again whom the drop-in lets in', () => {
    const users = ['alice', 'bob-2', '_x'];
    assert.deepEqual(usersLetIn(sudoersFor({ users, types: ['net'] })), users);
    assert.deepEqual(usersLetIn(''), []);
  });

  const BOUND: [string | null, number, boolean][] = [
    ['alice', 1000, true],
    // sudo lets her in by the same line.
    ['Alice', 1001, true],
    // Another name of hers.
    ['work', 1000, true],
    ['bob', 1002, false],
    ['root', 0, false],
    // A name that cannot be looked up may be hers.
    [null, 1003, true],
  ];
  for (const [name, uid, bound] of BOUND) {
    it(`of alice ${bound ? 'binds' : 'does not bind'} ${name ?? 'somebody unknown'}, uid ${uid}`, () => {
      const uidOf = (user: string): number | null => (user === 'alice' ? 1000 : null);
      assert.equal(isBound({ users: ['gone', 'alice'], types: ['net'] }, { uid, name: () => name }, uidOf), bound);
      assert.equal(isBound(null, { uid, name: () => name }, uidOf), false);
    });
  }

  const policy = parsePolicy('{"users":["alice"],"types":["net","uts"]}');
  const ALLOWED = [
    ['--target', '1', '--join', 'net'],
    ['--target', '1', '--join', 'net', '--target', '2', '--join', 'uts'],
    ['--file', 'net=/run/netns/a', '--as', 'me', '--cwd', '/root', '--environment-file', '/x', '--view', 'none'],
  ];
  for (const argv of ALLOWED) {
    it(`allows ${argv.join(' ')}`, () => {
      checkAgainst(policy, parseEnter(argv));
    });
  }

  const NET = ['--target', '1', '--join', 'net'];
  const REFUSED: [string[], RegExp][] = [
    [[...NET, '--as', 'root'], /--as me/],
    [[...NET, '--as', 'target'], /--as me/],
    [[...NET, '--as', '1000'], /--as me/],
    [[...NET, '--as', '0:0'], /--as me/],
    [[...NET, '--new', 'uts'], /--new/],
    [['--new', 'net'], /--new/],
    [['--target', '1', '--join', 'net,mnt'], /joining mnt/],
    [['--target', '1', '--join', 'net,mnt', '--root', '/'], /--root/],
    [['--target', '1', '--join', 'user'], /joining user/],
    [['--target', '1', '--join', 'net', '--target', '2', '--join', 'pid'], /joining pid/],
    [['--target', '1', '--join', 'ipc'], /joining ipc/],
    [['--file', 'uts=/proc/1/ns/uts'], /--file "\/proc\/1\/ns\/uts"/],
    [['--file', 'net=/run/netns/a/../../../proc/1/ns/net'], /--file/],
    [['--file', 'net=/run/netns/'], /--file/],
    [['--file', 'net=/run/netns/a\n/b'], /--file/],
    [['--file', 'net=/home/alice/run/netns/a'], /--file/],
  ];
  for (const [argv, says] of REFUSED) {
    it(`refuses ${argv.join(' ').replace('\n', '\\n')}`, () => {
      assert.throws(
        () => {
          checkAgainst(policy, parseEnter([...argv, '--', 'id']));
        },
        (error) => error instanceof HelperError && error.exit === 'notPermitted' && says.test(error.message),
      );
    });
  }
});
