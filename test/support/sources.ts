// What looks at the machine: here, and in a process of its own, as the extension has it. Both do the same.
import type { DiscoverOptions } from '../../extension/discover/discover';
import { Discovery } from '../../extension/discover/discovery';
import type { Source } from '../../extension/discover/inventory';
import { Live } from '../../extension/discover/live';
import { discoveryCommand } from './discoveryCommand';

export type Looking = Source & Pick<Live, 'reconsider' | 'dispose'>;

type MakeSource = (options: () => DiscoverOptions, logError: (what: string, error: unknown) => void) => Looking;

export const SOURCES: Readonly<Record<string, MakeSource>> = {
  live: (options) => new Live(options),
  'live, in a process of its own': (...how) => new Discovery(discoveryCommand, ...how),
};
