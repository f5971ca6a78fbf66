// What is kept as the bytes that came: V8 neither copies nor collects them. All of a buffer is kept while something in it is. Pure.

/** From `start` to `end` lies JSON. */
export const parseKept = (bytes: Buffer, start: number, end: number): unknown =>
  JSON.parse(bytes.toString('utf8', start, end));
