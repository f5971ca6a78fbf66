// Presets: what each one enters, what the setting may say, and which entries need a word of warning first.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import type { Identity } from '../../extension/plan/enterPlan';
import { chosenFor, isDangerous, parseIdentity, type Preset } from '../../extension/plan/presets';
import { readPresets } from '../../extension/plan/presetsSetting';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import { makeContainer } from './containerFixture';

const web = makeContainer('web', { net: 1, mnt: 2, pid: 3, uts: 4 });
const preset = (name: string, setting: unknown = []): Preset => {
  const found = readPresets(setting).presets.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return found;
};
const types = (chosen: readonly Chosen[]): string => chosen.map(({ namespace }) => namespace.type).join(' ');

describe('presets', () => {
  const BUILT_IN: [string, string, Identity][] = [
    ['Network only', 'net', 'me'],
    ['Network and processes', 'net pid', 'me'],
    ['Like docker exec', 'uts net pid mnt', 'target'],
    ['Repair without network', 'uts pid mnt', 'target'],
    ['Everything', 'uts net pid mnt', 'root'],
  ];
  for (const [name, entered, as] of BUILT_IN) {
    it(`${name}: ${entered} of a container with these four of its own`, () => {
      assert.equal(types(chosenFor(preset(name), web)), entered);
      assert.deepEqual(preset(name).as, as);
    });
  }

  it('of the setting come after the built-in ones, and take the place of one of their name', () => {
    const setting = [
      { name: 'Names', namespaces: ['uts', 'net'], as: '33:33' },
      { name: 'Everything', namespaces: 'all' },
    ];
    const { presets, problems } = readPresets(setting);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      presets.map(({ name }) => name),
      ['Network only', 'Network and processes', 'Like docker exec', 'Repair without network', 'Names', 'Everything'],
    );
    assert.deepEqual(preset('Names', setting).as, { other: '33:33' });
    assert.deepEqual(preset('Everything', setting).as, 'me');
    assert.equal(types(chosenFor(preset('Names', setting), web)), 'uts net');
  });

  const WRONG: [unknown, RegExp][] = [
    [{ namespaces: ['net'] }, /\[0\]: .*name/],
    [{ name: '', namespaces: ['net'] }, /"name" must not be empty/],
    [{ name: 'a', namespaces: ['nut'] }, /"namespaces"/],
    [{ name: 'a', namespaces: [] }, /"namespaces"/],
    [{ name: 'a', namespaces: 'net' }, /"namespaces"/],
    [{ name: 'a', namespaces: ['net'], as: 'admin; rm' }, /"as" must be/],
    [{ name: 'a', namespaces: ['net'], as: '4294967295' }, /"as" must be/],
    [{ name: 'a', namespaces: ['net'], sudo: true }, /sudo/],
    ['net', /\[0\]/],
  ];
  for (const [entry, problem] of WRONG) {
    it(`leaves out ${JSON.stringify(entry)} and says why, in one line`, () => {
      const { presets, problems } = readPresets([entry, { name: 'good', namespaces: ['net'] }]);
      assert.equal(presets.length, 6);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? '', problem);
      assert.doesNotMatch(problems[0] ?? '', /\n/);
    });
  }

  it('whatever the setting holds, it is read', () => {
    fc.assert(
      fc.property(fc.anything(), (setting) => {
        assert.ok(readPresets(setting).presets.length >= 5);
      }),
    );
  });
});

describe('identities', () => {
  for (const text of ['me', 'target', 'root']) {
    it(text, () => {
      assert.equal(parseIdentity(text), text);
    });
  }
  for (const text of ['0', '1000', '1000:33']) {
    it(text, () => {
      assert.deepEqual(parseIdentity(text), { other: text });
    });
  }
  for (const text of ['', 'www-data', '-1', '1:', ':1', '1:2:3', '4294967295', '1:4294967295', ' 1', '--as']) {
    it(`not ${JSON.stringify(text)}`, () => {
      assert.equal(parseIdentity(text), null);
    });
  }
});

describe('danger', () => {
  const rootless = makeContainer('own', { user: 9, mnt: 2, net: 3 });
  const locked = makeContainer('locked', { user: null, mnt: null, net: null });
  const CASES: [string, readonly Chosen[], Identity, boolean][] = [
    ['root among a container’s files', allOf(web), 'root', true],
    ['user id 0 too', only(web, ['mnt']), { other: '0:33' }, true],
    ['root of a user namespace', allOf(rootless), 'root', false],
    ['root, and a user namespace that may not be read: it may be the machine’s', allOf(locked), 'root', true],
    [
      'root with the machine’s user namespace, among files of a container that has its own',
      only(rootless, ['mnt']),
      'root',
      true,
    ],
    ['root among one’s own files', only(web, ['net']), 'root', false],
    ['the container’s own process', allOf(web), 'target', false],
    ['another user', allOf(web), { other: '33' }, false],
  ];
  for (const [what, chosen, as, dangerous] of CASES) {
    it(`${what}: ${dangerous ? 'yes' : 'no'}`, () => {
      assert.equal(isDangerous(chosen, as), dangerous);
    });
  }

  it('the container’s own process, where that is root as the machine has it: as root', () => {
    for (const chosen of [allOf(web), allOf(rootless), allOf(locked), only(web, ['net'])])
      assert.equal(isDangerous(chosen, 'target', true), isDangerous(chosen, 'root'));
    assert.equal(isDangerous(allOf(web), 'me', true), false);
  });

  it('every type has a place in some preset', () => {
    const all = makeContainer('all', Object.fromEntries(NAMESPACE_NAMES.map((type, index) => [type, index + 1])));
    assert.equal(chosenFor(preset('Like docker exec'), all).length, NAMESPACE_NAMES.length);
  });
});
