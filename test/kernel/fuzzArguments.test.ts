// The built helper against command lines with things gone wrong: what the parser refuses is refused by the whole program,
// with one line and the same documented code, and nothing is executed. The parser itself: test/unit/fuzzArguments.test.ts.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseEnter } from '../../helper/enter/arguments';
import { HelperError } from '../../helper/errors';
import { EXIT } from '../../helper/protocol';
import { commandLines } from '../support/commandLines';
import { enter } from './support';

const RUNS = 200;
const AT_ONCE = 4;

/** The code that the parser refuses with; null for a command line that it understands. */
function refusal(argv: readonly string[]): number | null {
  try {
    parseEnter(argv);
    return null;
  } catch (error) {
    if (error instanceof HelperError) return error.code;
    throw error;
  }
}

describe('enter: fuzzed command lines', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-fuzz-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function tryOne(options: readonly string[], index: number): Promise<'refused' | 'understood'> {
    const witness = join(folder, String(index));
    const argv = [...options, '--', 'touch', witness];
    const shown = JSON.stringify(argv);
    const expected = refusal(argv);
    const result = await enter(argv, { timeoutMs: 20_000 });
    const said = `${shown}: code ${result.code ?? result.signal ?? ''}: ${result.stderr}`;
    assert.equal(result.stdout, '', said);
    if (expected !== null) {
      assert.equal(result.code, expected, said);
      assert.match(result.stderr, /^ns-helper: [^\u0000-\u001f\u007f-\u009f]+\n$/, said);
      assert.ok(!existsSync(witness), `executed: ${shown}`);
      return 'refused';
    }
    if (existsSync(witness)) {
      assert.equal(result.code, 0, said);
    } else if (!/^touch: /m.test(result.stderr)) {
      // Understood, but what it asks for is not there or cannot be.
      assert.ok(
        Object.values(EXIT).some(({ code }) => code === result.code && code !== EXIT.internal.code),
        said,
      );
    }
    return 'understood';
  }

  it(`${RUNS} of them: refused with one line and a documented code, and nothing is executed`, async function () {
    this.timeout(120_000);
    // execve(2) cannot hand on a NUL.
    const lines = fc.sample(
      commandLines.filter((words) => !words.some((word) => word.includes('\0'))),
      RUNS,
    );
    const counts = { refused: 0, understood: 0 };
    for (let first = 0; first < lines.length; first += AT_ONCE) {
      const batch = lines.slice(first, first + AT_ONCE).map((options, index) => tryOne(options, first + index));
      for (const outcome of await Promise.all(batch)) counts[outcome]++;
    }
    console.log(`      ${counts.understood} understood, ${counts.refused} refused`);
    assert.ok(counts.refused > RUNS / 4, `only ${counts.refused} were refused`);
  });
});
