// Does work that is made to be done in slices in one go.
import type { Work } from '../../extension/discover/slices';

export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
