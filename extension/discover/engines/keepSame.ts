// What an engine tells again, as the objects that it was before: who compares two pictures then sees at once what did not change,
// and nothing is kept twice. Pure.
import { isSame } from '../../model/isSame';
import { indexBy } from '../../shared/indexBy';
import type { Work } from '../../shared/slices';
import type { EngineContainer } from './engine';

export function* keepSame(
  now: readonly EngineContainer[],
  before: readonly EngineContainer[],
): Work<readonly EngineContainer[]> {
  if (before.length === 0) return now;
  const known = yield* indexBy(before, ({ id }) => id);
  const kept: EngineContainer[] = [];
  for (const container of now) {
    const same = known.get(container.id);
    kept.push(same && isSame(same, container) ? same : container);
    yield;
  }
  return kept;
}
