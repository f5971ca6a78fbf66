// The table of exit codes that people read is the one that the helper keeps to.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ENTER_USAGE, USAGE } from '../../helper/help';
import { EXIT } from '../../helper/protocol';

const TABLE = Object.values(EXIT).map(({ code, meaning }) => ({ code, meaning }));

describe('exit codes', () => {
  it('are one for each cause', () => {
    assert.equal(new Set(TABLE.map(({ code }) => code)).size, TABLE.length);
  });

  it('are in the README, all of them and no others', () => {
    const rows = readFileSync('README.md', 'utf8').matchAll(/^\| (\d+) +\| (.*?) +\|$/gm);
    assert.deepEqual(
      [...rows].map(([, code, meaning]) => ({ code: Number(code), meaning })),
      TABLE,
    );
  });

  it('are in --help', () => {
    for (const { code, meaning } of TABLE) assert.ok(USAGE.includes(`  ${code}  ${meaning}\n`), meaning);
    assert.match(ENTER_USAGE, /Exit codes: ns-helper --help/);
  });
});
