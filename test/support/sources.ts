// What looks at the machine: here, and in a process of its own, as the extension has it. Both do the same.
import { Discovery } from '../../extension/discover/discovery';
import type { Source } from '../../extension/discover/inventory';
import { Live } from '../../extension/discover/live';
import { discoveryCommand } from './discoveryCommand';

export type Looking = Source & Pick<Live, 'reconsider' | 'dispose'>;

export const SOURCES: Readonly<Record<string, (...how: ConstructorParameters<typeof Live>) => Looking>> = {
  live: (...how) => new Live(...how),
  'live, in a process of its own': (...how) => new Discovery(discoveryCommand, ...how),
};
