// How long a scan reads what others can make endless, by a clock of the test's own.
import assert from 'node:assert/strict';
import { Budget, SpentError } from '../../helper/scan/budget';

describe('scan: what may be spent', () => {
  let now = 0;
  beforeEach(() => {
    now = 0;
  });
  /** Reads until it is told to stop, 50 ms at a time; gives how long that took. */
  const readOn = (budget: Budget): number => {
    const began = now;
    budget.spend((isSpent) => {
      while (!isSpent()) now += 50;
    });
    return now - began;
  };

  it('is a part of it for each process', () => {
    assert.equal(readOn(new Budget(() => now)), 300);
  });

  it('ends with all of it, and then nothing is read', () => {
    const budget = new Budget(() => now);
    const times = [1, 2, 3, 4].map(() => readOn(budget));
    assert.ok(now <= 1_100, times.join());
    assert.throws(() => {
      budget.spend(() => assert.fail('it was read'));
    }, SpentError);
  });

  it('is spent by what fails too', () => {
    const budget = new Budget(() => now);
    assert.throws(() => {
      budget.spend(() => {
        now += 1_000;
        throw new TypeError('gone');
      });
    }, TypeError);
    assert.throws(() => {
      budget.spend(() => assert.fail('it was read'));
    }, SpentError);
  });
});
