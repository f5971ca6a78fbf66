// One look at the machine, as a command of the extension takes it: the scan and the engines, merged.
import type { DiscoverOptions } from '../../extension/discover/discover';
import { Live } from '../../extension/discover/live';
import type { Snapshot } from '../../extension/model/container';

export async function lookOnce(options: DiscoverOptions): Promise<Snapshot> {
  const live = new Live(() => options);
  return live.look().finally(() => {
    live.dispose();
  });
}
