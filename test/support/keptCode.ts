// Code that V8 made of another program than the one beside which it is kept: what runs tells by what it says whose code it is.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { codeFile } from '../../helper/protocol';

const SAYS = 'nothing to enter: give';
/** As long: V8 does not look at more of a source whose code it is given. */
const FOREIGN = 'FOREIGN to enter: give';

/** Code that is said to be of this bundle, and is of another. `compile` keeps what V8 makes of the bundle, at `code`. */
export async function foreignCode(
  bundle: string,
  compile: () => Promise<unknown>,
  code = codeFile(bundle),
): Promise<Buffer> {
  assert.equal(SAYS.length, FOREIGN.length);
  const source = readFileSync(bundle);
  const parts = source.toString().split(SAYS);
  assert.equal(parts.length, 2);
  writeFileSync(bundle, parts.join(FOREIGN));
  await compile();
  writeFileSync(bundle, source);
  return Buffer.concat([source, readFileSync(code).subarray(source.length)]);
}

/** By what `ns-helper enter` says. */
export function whoseCode(said: string): 'own' | 'foreign' {
  if (said.includes(SAYS)) return 'own';
  assert.ok(said.includes(FOREIGN), said);
  return 'foreign';
}
