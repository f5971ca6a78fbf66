// A picture of the machine on its way from the process that looks to the extension host: of each what is new in it since the one
// before, in pieces that are short to parse. Most of it is not parsed there until somebody asks. Plain data.
import type { Container, Details, Namespace } from '../model/container';

/** Some of the list before, from a place on; or, where that is NEW, so many of those that have come since. */
export type Run = readonly [from: number, count: number];
export const NEW = -1;

/**
 * What is kept as it came stands in a line before the piece that it belongs to: the only ones that are a list, so that they are
 * known without being parsed. In the piece stand the lengths of its items, as UTF-8.
 */
export type KeptLine = string;

/** What every picture is arranged by, of all containers. What is kept of each is RestOfContainer and SentDetails. */
export type SentContainer = readonly [
  restLength: number,
  detailsLength: number,
  key: string,
  name: string,
  engine: string,
  state: string,
  pid: number,
  startTime: number | null,
  composeProject: string | null,
  pod: string | null,
  parentKey: string | null,
];

export interface RestOfContainer extends Pick<
  Container,
  'id' | 'engineNamespace' | 'image' | 'composeService' | 'uid' | 'user' | 'rootless' | 'lockedForRoot'
> {
  /** In the order of NAMESPACE_NAMES. */
  readonly namespaces: readonly SentReference[];
}

export type SentReference = readonly [inode: number | null, host: boolean, sharedWith?: readonly string[]];

export type SentDetails = readonly [labels: Details['labels'], processes: Details['processes']];

/** What they are grouped and sorted by, of all namespaces. What is kept of each is RestOfNamespace. */
export type SentNamespace = readonly [
  restLength: number,
  type: Namespace['type'],
  inode: number,
  parent: number | null,
  host: boolean,
];

export type RestOfNamespace = Omit<Namespace, 'type' | 'inode' | 'parent' | 'host'>;

export type PictureNews =
  | { readonly news: 'containers'; readonly containers: readonly SentContainer[] }
  | { readonly news: 'namespaces'; readonly namespaces: readonly SentNamespace[] }
  /** Ends a picture: what is new in it has come before. */
  | {
      readonly news: 'picture';
      readonly containers: readonly Run[];
      readonly namespaces: readonly Run[];
      readonly notes: readonly string[];
      /** Of those that asked for a look, whom it answers. */
      readonly looks: readonly number[];
    };
