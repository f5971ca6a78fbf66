// Mount points as /proc/PID/mountinfo tells them, and a plan where nothing is to be fitted.
import assert from 'node:assert/strict';
import { isEmpty, planView } from '../../helper/enter/view';
import { parseMounts } from '../../helper/mounts';

describe('the view', () => {
  it('mount points have their spaces back, and their options', () => {
    const mountinfo = [
      '22 1 0:20 / /sys rw,nosuid - sysfs sysfs rw',
      '30 22 0:21 / /sys/a\\040b\\134c ro,relatime shared:1 master:2 - tmpfs none rw',
      '',
    ].join('\n');
    assert.deepEqual(parseMounts(mountinfo), [
      { id: '22', point: '/sys', options: ['rw', 'nosuid'] },
      { id: '30', point: '/sys/a b\\c', options: ['ro', 'relatime'] },
    ]);
  });

  const caller = { uid: 0, gid: 0, groups: [] };
  it('is empty where nothing is entered, or nothing wanted', () => {
    assert.ok(isEmpty(planView(['dns', 'sys', 'proc'], caller, undefined, false, false)));
    assert.ok(isEmpty(planView([], caller, undefined, true, true)));
  });

  it('/sys goes with net, /proc with pid', () => {
    const of = (net: boolean, pid: boolean): boolean[] => {
      const { sys, proc } = planView(['dns', 'sys', 'proc'], caller, undefined, net, pid);
      return [sys, proc];
    };
    assert.deepEqual(of(true, false), [true, false]);
    assert.deepEqual(of(false, true), [false, true]);
  });
});
