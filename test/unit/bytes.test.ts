// helper/enter/bytes.ts: what is no UTF-8 survives.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { bytesOf, textOf } from '../../helper/enter/bytes';

describe('bytes as text', () => {
  it('any bytes are the same again afterwards', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        assert.deepEqual(bytesOf(textOf(Buffer.from(bytes))), Buffer.from(bytes));
      }),
    );
  });

  it('UTF-8 is what it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(textOf(Buffer.from(text)), text);
      }),
    );
    assert.equal(textOf(Buffer.from('a\xffé', 'latin1')), 'a\udcff\udce9');
    assert.equal(textOf(Buffer.concat([Buffer.from('é😀'), Buffer.of(0xf0, 0x9f)])), 'é😀\udcf0\udc9f');
  });
});
