// A picture of the machine on its way from the process that looks to the extension host: of each what is new in it since the one
// before, in pieces that are short to parse. Most of it is not parsed there until somebody asks. Plain data.
import type { Container, Details, Namespace } from '../model/container';

/** Some of the list before, from a place on; or, where that is NEW, so many of those that have come since. */
export type Run = readonly [from: number, count: number];
export const NEW = -1;

/**
 * What is kept as it came stands in lines of its own, before the piece that it belongs to: the only ones that are a list, so that
 * they are known without being parsed.
 */
export type KeptLine = readonly [object] | SentDetails;

/** What every picture is arranged by, of all containers. */
export type SentContainer = readonly [
  key: string,
  engine: string,
  state: string,
  pid: number,
  startTime: number | null,
  composeProject: string | null,
  pod: string | null,
  parentKey: string | null,
];

/** Of each container a line with this, and one with its details. */
export interface RestOfContainer extends Pick<
  Container,
  'name' | 'id' | 'engineNamespace' | 'image' | 'composeService' | 'uid' | 'user' | 'rootless' | 'lockedForRoot'
> {
  /** In the order of NAMESPACE_NAMES. */
  readonly namespaces: readonly SentReference[];
}

export type SentReference = readonly [inode: number | null, host: boolean, ...sharedWith: string[]];

export type SentDetails = readonly [labels: Details['labels'], processes: Details['processes']];

/** What they are grouped and sorted by, of all namespaces. */
export type SentNamespace = readonly [type: Namespace['type'], inode: number, parent: number | null, host: boolean];

/** Of each namespace a line with this. */
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
