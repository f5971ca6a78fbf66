// The objects of a JSON array, cut out of its text, however that comes in pieces.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MalformedError } from '../../extension/discover/engines/failure';
import { RecordCutter } from '../../extension/discover/engines/recordCutter';

function recordsOf(pieces: readonly string[]): string[] {
  const cutter = new RecordCutter();
  const records = pieces.flatMap((piece) => [...cutter.cut(piece)]);
  cutter.end();
  return records;
}

describe('discover: a list of an engine', () => {
  it('gives its objects, whatever is in them and wherever the text was cut', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '}]', '{', '\\"', ','));
    const value = fc.oneof(text, fc.integer(), fc.array(text), fc.dictionary(text, text));
    const objects = fc.array(fc.dictionary(text, value, { maxKeys: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(objects, fc.array(fc.nat({ max: 300 })), fc.constantFrom(undefined, 1), (list, cuts, indent) => {
        const whole = JSON.stringify(list, null, indent);
        const places = [0, ...cuts.filter((at) => at < whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, at) => whole.slice(places[at], end));
        assert.deepEqual(
          recordsOf(pieces).map((record) => JSON.parse(record) as unknown),
          JSON.parse(whole),
        );
      }),
    );
  });

  for (const text of ['', '{}', '<html>', '[1]', '["a"]', '[{', '[{}', '[{}]]', '[] []', 'null', '[{"a":"]}']) {
    it(`is none where the text is ${text || 'empty'}`, () => {
      assert.throws(() => recordsOf([text]), MalformedError);
    });
  }
});
