// What `ns-helper scan` prints, checked. Remembers the records of the document before: those that come again are neither parsed
// nor checked again, and are the same objects as before.
import * as v from 'valibot';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import { SCAN_VERSION, type ScanDocument } from '../../helper/protocol';
import { t } from '../l10n';
import { describeIssue } from './issue';
import { cutRecords, type CutText } from './records';

const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Type = v.picklist(NAMESPACE_NAMES);
const Inodes = v.record(Type, Whole);
const IdMap = v.array(v.object({ inside: Whole, outside: Whole, count: Whole }));
const Container = v.object({
  engine: v.string(),
  name: v.string(),
  id: v.nullable(v.string()),
  engineNamespace: v.nullable(v.string()),
  state: v.picklist(['running', 'paused']),
  pid: Whole,
  startTime: Whole,
  uid: Whole,
  user: v.nullable(v.string()),
  rootless: v.boolean(),
  image: v.nullable(v.string()),
  labels: v.record(v.string(), v.string()),
  pod: v.nullable(v.string()),
  composeProject: v.nullable(v.string()),
  composeService: v.nullable(v.string()),
  pids: v.array(Whole),
  parent: v.nullable(Whole),
  namespaces: Inodes,
  locked: v.array(Type),
});
const Stopped = v.object({
  engine: v.string(),
  name: v.string(),
  id: v.string(),
  engineNamespace: v.nullable(v.string()),
  user: v.nullable(v.string()),
  rootless: v.boolean(),
  image: v.nullable(v.string()),
  labels: v.record(v.string(), v.string()),
  pod: v.nullable(v.string()),
  composeProject: v.nullable(v.string()),
  composeService: v.nullable(v.string()),
});
const Namespace = v.object({
  type: Type,
  inode: Whole,
  owner: v.nullable(Whole),
  parent: v.nullable(Whole),
  pids: v.array(Whole),
  heldBy: v.array(v.string()),
  uidMap: v.exactOptional(IdMap),
  gidMap: v.exactOptional(IdMap),
});
const Process = v.object({
  pid: Whole,
  parent: Whole,
  nsPids: v.array(Whole),
  uid: Whole,
  insideUid: v.nullable(Whole),
  command: v.string(),
});
const Engine = v.object({ engine: v.string(), pid: Whole, uid: Whole, sockets: v.array(v.string()) });
const Unreadable = v.object({ pid: Whole, error: v.string() });

/** Each run of records is a number here: its place among those that were cut out. */
const Places = v.array(Whole);
const Outline = v.object({
  version: v.literal(SCAN_VERSION),
  host: Inodes,
  containers: Places,
  stopped: Places,
  namespaces: Places,
  engines: Places,
  processes: Places,
  unreadable: Places,
  looks: v.exactOptional(Whole),
});

export class ScanReader {
  readonly #containers = new Records('containers', Container);
  readonly #stopped = new Records('stopped', Stopped);
  readonly #namespaces = new Records('namespaces', Namespace);
  readonly #engines = new Records('engines', Engine);
  readonly #processes = new Records('processes', Process);
  readonly #unreadable = new Records('unreadable', Unreadable);

  /** `text`: in UTF-8, as long as it is the last one unchanged. Throws with a message of one line. */
  read(text: Buffer): ScanDocument {
    const cut = cutRecords(text);
    const { containers, stopped, namespaces, engines, processes, unreadable, ...rest } = parse(Outline, cut.outline);
    return {
      ...rest,
      containers: this.#containers.read(text, cut, containers),
      stopped: this.#stopped.read(text, cut, stopped),
      namespaces: this.#namespaces.read(text, cut, namespaces),
      engines: this.#engines.read(text, cut, engines),
      processes: this.#processes.read(text, cut, processes),
      unreadable: this.#unreadable.read(text, cut, unreadable),
    };
  }
}

/** A record, and where its bytes were last. */
interface Known<T> {
  readonly record: T;
  text: Buffer;
  start: number;
  end: number;
}

/** One list of a document. */
class Records<T> {
  /** By the hashes of their bytes. */
  readonly #known = new Map<number, Known<T>>();

  constructor(
    private readonly name: string,
    private readonly schema: v.GenericSchema<T>,
  ) {}

  read(text: Buffer, { runs, starts, ends, hashes }: CutText, places: readonly number[]): T[] {
    const records: T[] = [];
    for (const place of places) {
      const run = runs[place];
      // A number that no run has taken the place of is no record.
      if (!run) parse(this.schema, '', this.name, records.length);
      for (let at = run?.first ?? 0; at < (run?.end ?? 0); at++) {
        records.push(this.#readOne(text, starts[at] ?? 0, ends[at] ?? 0, hashes[at] ?? 0, records.length));
      }
    }
    this.#known.forEach((known, hash) => {
      if (known.text !== text) this.#known.delete(hash);
    });
    return records;
  }

  #readOne(text: Buffer, start: number, end: number, hash: number, index: number): T {
    const known = this.#known.get(hash);
    if (known && text.compare(known.text, known.start, known.end, start, end) === 0) {
      known.text = text;
      known.start = start;
      known.end = end;
      return known.record;
    }
    const record = parse(this.schema, text.toString('utf8', start, end), this.name, index);
    this.#known.set(hash, { record, text, start, end });
    return record;
  }
}

const Json = v.pipe(v.string(), v.parseJson());

/** `list` and `index`: where in the document this is a record of. Returns what JSON.parse() makes: valibot's copy is twice as large. */
function parse<T>(schema: v.GenericSchema<T>, text: string, list: string | null = null, index = 0): T {
  const json = v.safeParse(Json, text);
  if (json.success && v.is(schema, json.output)) return json.output;
  const [issue] = json.issues ?? v.safeParse(schema, json.output).issues ?? [];
  const place = list === null ? null : `${list}.${index}`;
  throw new Error(t('The output of the /proc scan was not understood: {0}', issue ? describeIssue(issue, place) : ''));
}
