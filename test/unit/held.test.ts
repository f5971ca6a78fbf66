// Namespaces that only a file keeps: by what they are entered, as whom, and why some cannot be.
import assert from 'node:assert/strict';
import type { Namespace } from '../../extension/model/container';
import { helperArguments, planEntry } from '../../extension/plan/enterPlan';
import { nsenterCommand } from '../../extension/plan/nsenterCommand';
import { heldChoice } from '../../extension/select/held';
import { type Chosen, only } from '../../extension/select/selection';
import { makeContainer, makeNamespace } from './containerFixture';

const held = (more: Partial<Namespace>): Namespace =>
  makeNamespace('net', 21, { owner: 1, heldBy: ['/run/netns/blue', '/proc/7/fd/9'], ...more });
const chosen = (more: Partial<Namespace> = {}): Chosen => {
  const choice = heldChoice(held(more));
  assert.ok(!('obstacle' in choice));
  return choice;
};
const NOWHERE = { directory: null, envFile: null };
const ME = { uid: 1000, shell: '/bin/bash', sudo: 'sudo' };

describe('a namespace that only a file keeps', () => {
  it('is entered by that file, as oneself and as root by sudo', () => {
    const plan = planEntry([chosen()], 1000);
    assert.deepEqual([plan.title, plan.needsRoot, plan.as, plan.keepDirectory], ['blue:net', true, 'me', true]);
    assert.deepEqual(helperArguments(plan, NOWHERE), ['enter', '--file', 'net=21:/run/netns/blue', '--as', 'me']);
    assert.equal(planEntry([chosen()], 0).needsRoot, false);
    assert.equal(nsenterCommand(plan, ME, null, null)[3], '--net=/run/netns/blue');
  });

  it('goes by its number where a descriptor keeps it, whose path says nothing', () => {
    assert.equal(planEntry([chosen({ heldBy: ['/proc/7/fd/9'] })], 0).title, '21:net');
  });

  it('can be entered together with namespaces of a container', () => {
    const plan = planEntry([chosen(), ...only(makeContainer('web', { net: 1, uts: 2, mnt: 3 }), ['uts', 'mnt'])], 0);
    assert.deepEqual(helperArguments(plan, NOWHERE), [
      ...[
        'enter',
        '--target',
        '4242@777',
        '--join',
        'uts=2,mnt=3',
        '--file',
        'net=21:/run/netns/blue',
        '--as',
        'target',
      ],
    ]);
  });

  it('has no process that one could be like: with files of its own one stays oneself', () => {
    const plan = planEntry([chosen({ type: 'mnt' })], 1000);
    assert.deepEqual([plan.as, plan.keepEnvironment, plan.keepDirectory], ['me', false, false]);
  });

  it('takes root, also where it is a user namespace that may be read', () => {
    assert.equal(planEntry([chosen({ type: 'user' })], 1000).needsRoot, true);
  });

  it('is entered by a file also where a socket holds it too', () => {
    assert.equal(chosen({ heldBy: ['socket /proc/7/fd/9', '/proc/7/fd/8'] }).path, '/proc/7/fd/8');
  });

  const OBSTACLES: [string, Partial<Namespace>, RegExp][] = [
    ['the machine’s own', { host: true }, /machine's own/],
    ['a pid namespace whose first process has ended', { type: 'pid' }, /first process has ended/],
    ['one that only a socket holds', { heldBy: ['socket /proc/7/fd/9'] }, /only a socket/],
    ['one whose file has a name that is no text', { heldBy: ['bytes /run/netns/a\\xff'] }, /not valid UTF-8/],
    ['one that only a child holds', { type: 'user', heldBy: [] }, /no file/],
  ];
  for (const [what, more, says] of OBSTACLES) {
    it(`cannot be entered where it is ${what}`, () => {
      const choice = heldChoice(held(more));
      assert.ok('obstacle' in choice);
      assert.match(choice.obstacle, says);
    });
  }
});
