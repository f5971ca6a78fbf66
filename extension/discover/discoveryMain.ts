// The process that looks at the machine, so that nothing of it keeps the extension host: runs the scan and speaks with the
// engines, as the user. A bundle of its own. Takes orders on standard input and ends with it; prints news.
// Usage: discovery.js LANGUAGE
import { createInterface } from 'node:readline';
import type { Snapshot } from '../model/container';
import { messageOf } from '../model/messageOf';
import { speak } from '../shared/speak';
import type { DiscoverOptions } from './discover';
import { Live } from './live';
import type { News, Order } from './orders';
import type { KeptLine } from './pictureNews';
import { PictureWriter } from './pictureWriter';
import { isUnlockError } from './unlockError';

/** With each order that looks come the ones that it goes by. */
let options: DiscoverOptions;

const live = new Live(() => options);
const writer = new PictureWriter();

function obey(order: Order): void {
  if ('options' in order) options = order.options;
  switch (order.order) {
    case 'start':
      live.start((snapshot) => {
        show(snapshot);
      });
      break;
    case 'stop':
      live.stop();
      break;
    case 'look':
      void look(order.look);
      break;
    case 'reconsider':
      live.reconsider();
      break;
    case 'unlock':
      void unlock(order);
      break;
    case 'lock':
      live.scan.lock();
      break;
  }
}

/** Where it fails this process does: there is no answer. */
async function look(number: number): Promise<void> {
  show(await live.look(), [number]);
}

async function unlock({ command }: Extract<Order, { order: 'unlock' }>): Promise<void> {
  try {
    await live.scan.unlock(command, (end) => {
      tell({ news: 'locked', end });
    });
    tell({ news: 'unlocked' });
  } catch (error) {
    if (!isUnlockError(error)) throw error;
    tell({ news: 'refused', end: error.end });
  }
}

function show(snapshot: Snapshot, looks: readonly number[] = []): void {
  for (const news of writer.write(snapshot, looks)) tell(news);
}

function logError(what: string, error: unknown): void {
  tell({ news: 'failed', what, error: messageOf(error) });
}

/** Waits until it is taken: what is printed to a pipe is written at once. */
function tell(news: News | KeptLine): void {
  process.stdout.write(`${typeof news === 'string' ? news : JSON.stringify(news)}\n`);
}

speak(process.argv[2] ?? '');
// Node's own last word would be its version, which says nothing to people.
process.on('uncaughtException', (error) => {
  logError('the process that looks', error.stack);
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
// Whoever listened is gone.
process.stdout.on('error', () => process.exit());
createInterface({ input: process.stdin })
  .on('line', (line) => {
    obey(JSON.parse(line) as Order);
  })
  .on('close', () => {
    live.dispose();
    process.exit();
  });
