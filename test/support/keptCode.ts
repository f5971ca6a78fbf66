// Code that V8 made of another program than the one beside which it is kept: what runs tells by what it says whose code it is.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { codeFile, ENTER_BUNDLE, JOINER_BUNDLE, SCAN_BUNDLE } from '../../helper/protocol';

/** What each says of a command line that is wrong. */
const SAYS = new Map([
  [ENTER_BUNDLE, 'nothing to enter: give'],
  [JOINER_BUNDLE, 'nothing to enter: give'],
  [SCAN_BUNDLE, 'scan: unknown argument'],
]);
/** As long: V8 does not look at more of a source whose code it is given. */
const foreign = (says: string): string => says.replace(/^\w+/, (word) => 'FOREIGN-CODE'.slice(0, word.length));

/** Code that is said to be of this bundle, and is of another. `compile` keeps what V8 makes of the bundle, at `code`. */
export async function foreignCode(
  bundle: string,
  compile: () => Promise<unknown>,
  code = codeFile(bundle),
): Promise<Buffer> {
  const source = readFileSync(bundle);
  const says = SAYS.get(basename(bundle)) ?? assert.fail(bundle);
  const parts = source.toString().split(says);
  assert.equal(parts.length, 2);
  writeFileSync(bundle, parts.join(foreign(says)));
  await compile();
  writeFileSync(bundle, source);
  return Buffer.concat([source, readFileSync(code).subarray(source.length)]);
}

/** By what `ns-helper enter` says, or `scan` with an argument that it does not know. */
export function whoseCode(said: string): 'own' | 'foreign' {
  const says = [...SAYS.values()];
  if (says.some((each) => said.includes(each))) return 'own';
  assert.ok(
    says.some((each) => said.includes(foreign(each))),
    said,
  );
  return 'foreign';
}
