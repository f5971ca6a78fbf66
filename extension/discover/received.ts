// Containers and namespaces in the extension host: what every picture is arranged by, and the rest as it came, which is parsed
// when somebody first asks for it. There are thousands, and most are in no row that anybody has opened. Pure.
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import type { Container, Details, Namespace, NamespaceRef } from '../model/container';
import type { KeptText } from './keptText';
import type { RestOfContainer, RestOfNamespace, SentContainer, SentDetails, SentNamespace } from './pictureNews';

type Rest = Omit<RestOfContainer, 'namespaces'> & Pick<Container, 'namespaces'>;

export class ReceivedContainer implements Container {
  readonly key: string;
  readonly engine: string;
  readonly state: string;
  readonly pid: number;
  readonly startTime: number | null;
  readonly composeProject: string | null;
  readonly pod: string | null;
  readonly parentKey: string | null;
  readonly #restText: KeptText;
  readonly #detailsText: KeptText;
  #rest: Rest | null = null;

  constructor(sent: SentContainer, rest: KeptText, details: KeptText) {
    const [key, engine, state, pid, startTime, composeProject, pod, parentKey] = sent;
    this.key = key;
    this.engine = engine;
    this.state = state;
    this.pid = pid;
    this.startTime = startTime;
    this.composeProject = composeProject;
    this.pod = pod;
    this.parentKey = parentKey;
    this.#restText = rest;
    this.#detailsText = details;
  }

  get name(): string {
    return this.#parsed.name;
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
    const [labels, processes] = this.#detailsText.parse() as SentDetails;
    return { labels, processes };
  }

  isSame(other: Container): boolean {
    return (
      other instanceof ReceivedContainer &&
      this.key === other.key &&
      this.engine === other.engine &&
      this.state === other.state &&
      this.pid === other.pid &&
      this.startTime === other.startTime &&
      this.composeProject === other.composeProject &&
      this.pod === other.pod &&
      this.parentKey === other.parentKey &&
      this.#restText.isSame(other.#restText) &&
      this.#detailsText.isSame(other.#detailsText)
    );
  }

  get #parsed(): Rest {
    if (this.#rest) return this.#rest;
    const [rest] = this.#restText.parse() as [RestOfContainer];
    const namespaces = rest.namespaces.map(([inode, host, ...sharedWith], at): NamespaceRef => {
      return { type: NAMESPACE_NAMES[at] as NamespaceName, inode, host, sharedWith };
    });
    return (this.#rest = { ...rest, namespaces });
  }
}

export class ReceivedNamespace implements Namespace {
  readonly type: NamespaceName;
  readonly inode: number;
  readonly parent: number | null;
  readonly host: boolean;
  readonly #restText: KeptText;
  #rest: RestOfNamespace | null = null;

  constructor([type, inode, parent, host]: SentNamespace, rest: KeptText) {
    this.type = type;
    this.inode = inode;
    this.parent = parent;
    this.host = host;
    this.#restText = rest;
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
      this.#restText.isSame(other.#restText)
    );
  }

  get #parsed(): RestOfNamespace {
    return (this.#rest ??= (this.#restText.parse() as [RestOfNamespace])[0]);
  }
}
