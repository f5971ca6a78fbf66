// JSON with comments, as VS Code writes its own files, read together with the place of each value in the text. For finding
// a definition's place alone: what is no such JSON gives null, and VS Code itself marks it. Pure.

export interface JsonNode {
  readonly value: unknown;
  /** Offsets in the text; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
  /** Of an object: its members by name, with the place of the name. */
  readonly members: ReadonlyMap<
    string,
    { readonly keyStart: number; readonly keyEnd: number; readonly node: JsonNode }
  >;
  /** Of an array. */
  readonly items: readonly JsonNode[];
}

/** A token: punctuation, a string, or a word such as a number or true. Comments and blanks belong to none. */
const TOKEN = /[{}[\],:]|"(?:[^"\\\n]|\\.)*"|[^\s{}[\],:"/]+/y;
const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const MAX_DEPTH = 100;

export function parseJsonc(text: string): JsonNode | null {
  try {
    return new Reader(text).document();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

class Reader {
  #start = 0;
  #end = 0;
  #token = '';

  constructor(private readonly text: string) {
    this.#next();
  }

  document(): JsonNode {
    const node = this.#value(0);
    if (this.#token !== '') throw new SyntaxError('more than one value');
    return node;
  }

  #next(): void {
    BLANK.lastIndex = this.#end;
    BLANK.test(this.text);
    this.#start = BLANK.lastIndex;
    TOKEN.lastIndex = this.#start;
    this.#token = TOKEN.exec(this.text)?.[0] ?? '';
    this.#end = this.#start + this.#token.length;
    if (this.#token === '' && this.#start < this.text.length) throw new SyntaxError('no token of JSON');
  }

  #take(expected: string): void {
    if (this.#token !== expected) throw new SyntaxError(`no ${expected}`);
    this.#next();
  }

  #value(depth: number): JsonNode {
    if (depth > MAX_DEPTH) throw new SyntaxError('too deep');
    if (this.#token === '{') return this.#object(depth);
    if (this.#token === '[') return this.#array(depth);
    const [start, end] = [this.#start, this.#end];
    const value: unknown = JSON.parse(this.#token);
    this.#next();
    return { value, start, end, members: new Map(), items: [] };
  }

  #object(depth: number): JsonNode {
    const start = this.#start;
    const members = new Map<string, { keyStart: number; keyEnd: number; node: JsonNode }>();
    const end = this.#list('{', '}', () => {
      const [keyStart, keyEnd] = [this.#start, this.#end];
      const key: unknown = JSON.parse(this.#token);
      if (typeof key !== 'string') throw new SyntaxError('no name');
      this.#next();
      this.#take(':');
      members.set(key, { keyStart, keyEnd, node: this.#value(depth + 1) });
    });
    const value = Object.fromEntries([...members].map(([key, { node }]) => [key, node.value]));
    return { value, start, end, members, items: [] };
  }

  #array(depth: number): JsonNode {
    const start = this.#start;
    const items: JsonNode[] = [];
    const end = this.#list('[', ']', () => {
      items.push(this.#value(depth + 1));
    });
    return { value: items.map(({ value }) => value), start, end, members: new Map(), items };
  }

  /** Elements between brackets; a comma may follow the last one. Returns the offset behind the closing bracket. */
  #list(open: string, close: string, element: () => void): number {
    this.#take(open);
    while (this.#token !== close) {
      element();
      if (this.#token !== close) this.#take(',');
    }
    const end = this.#end;
    this.#next();
    return end;
  }
}
