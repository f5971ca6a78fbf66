// A container in the extension host: what every picture is arranged by, and the rest as it came, which is parsed when somebody
// first asks for it. There are thousands, and most are in no row that anybody has opened. Pure.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { Container, Details, NamespaceRef } from '../model/container';
import { parseKept } from './kept';
import type { RestOfContainer, SentContainer, SentDetails } from './pictureNews';

type Rest = Omit<RestOfContainer, 'namespaces'> & Pick<Container, 'namespaces'>;

const NO_NAMES: readonly string[] = [];

export class ReceivedContainer implements Container {
  readonly key: string;
  readonly name: string;
  readonly engine: string;
  readonly state: string;
  readonly pid: number;
  readonly startTime: number | null;
  readonly composeProject: string | null;
  readonly pod: string | null;
  readonly parentKey: string | null;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #details: number;
  readonly #end: number;
  #rest: Rest | null = null;

  /** `start`: where in `bytes` lies what is kept of it. By places: to take a list apart makes an object for each item. */
  constructor(sent: SentContainer, bytes: Buffer, start: number) {
    this.key = sent[2];
    this.name = sent[3];
    this.engine = sent[4];
    this.state = sent[5];
    this.pid = sent[6];
    this.startTime = sent[7];
    this.composeProject = sent[8];
    this.pod = sent[9];
    this.parentKey = sent[10];
    this.#bytes = bytes;
    this.#start = start;
    this.#details = start + sent[0] + 1;
    this.#end = this.#details + sent[1];
  }

  /** Of what is kept. */
  get end(): number {
    return this.#end;
  }

  get id(): string | null {
    return this.#parsed.id;
  }

  get engineNamespace(): string | null {
    return this.#parsed.engineNamespace;
  }

  get image(): string | null {
    return this.#parsed.image;
  }

  get composeService(): string | null {
    return this.#parsed.composeService;
  }

  get uid(): number | null {
    return this.#parsed.uid;
  }

  get user(): string | null {
    return this.#parsed.user;
  }

  get rootless(): boolean {
    return this.#parsed.rootless;
  }

  get lockedForRoot(): boolean {
    return this.#parsed.lockedForRoot;
  }

  get namespaces(): readonly NamespaceRef[] {
    return this.#parsed.namespaces;
  }

  get details(): Details {
    const [labels, processes] = parseKept(this.#bytes, this.#details, this.#end) as SentDetails;
    return { labels, processes };
  }

  isSame(other: Container): boolean {
    return (
      other instanceof ReceivedContainer &&
      this.key === other.key &&
      this.name === other.name &&
      this.engine === other.engine &&
      this.state === other.state &&
      this.pid === other.pid &&
      this.startTime === other.startTime &&
      this.composeProject === other.composeProject &&
      this.pod === other.pod &&
      this.parentKey === other.parentKey &&
      this.#bytes.compare(other.#bytes, other.#start, other.#end, this.#start, this.#end) === 0
    );
  }

  get #parsed(): Rest {
    if (this.#rest) return this.#rest;
    const rest = parseKept(this.#bytes, this.#start, this.#details - 1) as RestOfContainer;
    const namespaces = rest.namespaces.map((sent, at): NamespaceRef => {
      return {
        type: NAMESPACE_NAMES[at] as NamespaceName,
        inode: sent[0],
        host: sent[1],
        sharedWith: sent[2] ?? NO_NAMES,
      };
    });
    return (this.#rest = Object.assign(rest as Omit<RestOfContainer, 'namespaces'>, { namespaces }));
  }
}
