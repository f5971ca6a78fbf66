// What the extension host and the process that looks for it say to each other, a line of JSON each. Plain data.
import type { DiscoverOptions } from './discover';
import type { ProcessCommand, ProcessEnd } from './lineProcess';
import type { PictureNews } from './pictureNews';

export type Order =
  /** Tells of each change from now on, until `stop`. */
  | { readonly order: 'start'; readonly options: DiscoverOptions }
  | { readonly order: 'stop' }
  | { readonly order: 'look'; readonly look: number; readonly options: DiscoverOptions }
  | { readonly order: 'reconsider'; readonly options: DiscoverOptions }
  | { readonly order: 'unlock'; readonly command: ProcessCommand }
  | { readonly order: 'lock' };

export type News =
  | PictureNews
  | { readonly news: 'unlocked' }
  /** Before it was unlocked. */
  | { readonly news: 'refused'; readonly end: ProcessEnd }
  /** What ran as root has ended by itself. */
  | { readonly news: 'locked'; readonly end: ProcessEnd }
  /** For the log. */
  | { readonly news: 'failed'; readonly what: string; readonly error: string };
