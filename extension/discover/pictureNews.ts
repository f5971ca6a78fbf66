// A picture of the machine on its way from the process that looks to the extension host: of each what is new in it since the one
// before, in pieces that are short to parse. Plain data.
import type { Container, Details, Namespace, NamespaceRef } from '../model/container';

/** Some of the list before, from a place on; or, where that is NEW, so many of those that have come since. */
export type Run = readonly [from: number, count: number];
export const NEW = -1;

/** Thousands of containers have the same references, in the same order: those of each are a place in the lists beside the containers. */
export interface SentContainer extends Omit<Container, 'namespaces' | 'details'> {
  readonly namespaces: number;
  /** They come before it. */
  readonly details: null;
}

/** Details of one of the next containers, in their order: the only line that is a list, so that it is known without parsing it. */
export type SentDetails = readonly [labels: Details['labels'], processes: Details['processes']];

export type PictureNews =
  | {
      readonly news: 'containers';
      readonly containers: readonly SentContainer[];
      /** Each reference as a place in `references`. */
      readonly lists: readonly (readonly number[])[];
      readonly references: readonly NamespaceRef[];
    }
  | { readonly news: 'namespaces'; readonly namespaces: readonly Namespace[] }
  /** Ends a picture: what is new in it has come before. */
  | {
      readonly news: 'picture';
      readonly containers: readonly Run[];
      readonly namespaces: readonly Run[];
      readonly notes: readonly string[];
      /** Of those that asked for a look, whom it answers. */
      readonly looks: readonly number[];
    };
