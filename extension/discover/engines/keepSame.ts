// What an engine tells again, as the objects that it was before: who compares two pictures then sees at once what did not change,
// and nothing is kept twice. Pure.
import { isSame } from '../../model/isSame';
import type { EngineContainer } from './engine';

export function keepSame(now: readonly EngineContainer[], before: readonly EngineContainer[]): EngineContainer[] {
  const known = new Map(before.map((container) => [container.id, container]));
  return now.map((container) => {
    const same = known.get(container.id);
    return same && isSame(same, container) ? same : container;
  });
}
