// A namespace in the extension host, as a container in receivedContainer.ts. Pure.
import type { NamespaceName } from '../../helper/namespaceTypes';
import type { Namespace } from '../model/container';
import { parseKept } from './kept';
import type { RestOfNamespace, SentNamespace } from './pictureNews';

export class ReceivedNamespace implements Namespace {
  readonly type: NamespaceName;
  readonly inode: number;
  readonly parent: number | null;
  readonly host: boolean;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  #rest: RestOfNamespace | null = null;

  /** `start`: where in `bytes` lies what is kept of it. */
  constructor(sent: SentNamespace, bytes: Buffer, start: number) {
    this.type = sent[1];
    this.inode = sent[2];
    this.parent = sent[3];
    this.host = sent[4];
    this.#bytes = bytes;
    this.#start = start;
    this.#end = start + sent[0];
  }

  /** Of what is kept. */
  get end(): number {
    return this.#end;
  }

  get owner(): Namespace['owner'] {
    return this.#parsed.owner;
  }

  get pids(): Namespace['pids'] {
    return this.#parsed.pids;
  }

  get heldBy(): Namespace['heldBy'] {
    return this.#parsed.heldBy;
  }

  get containerKeys(): Namespace['containerKeys'] {
    return this.#parsed.containerKeys;
  }

  isSame(other: Namespace): boolean {
    return (
      other instanceof ReceivedNamespace &&
      this.type === other.type &&
      this.inode === other.inode &&
      this.parent === other.parent &&
      this.host === other.host &&
      this.#bytes.compare(other.#bytes, other.#start, other.#end, this.#start, this.#end) === 0
    );
  }

  get #parsed(): RestOfNamespace {
    return (this.#rest ??= parseKept(this.#bytes, this.#start, this.#end) as RestOfNamespace);
  }
}
