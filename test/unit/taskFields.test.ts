// A definition on the launcher's command line: it comes back as it was, and a variable's value stays within its own field.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeFields, encodeFields } from '../../extension/tasks/fields';

describe('the fields of a task', () => {
  it('are readable, one for each value', () => {
    const definition = { type: 'namespace', namespaces: ['net', 'mnt'], args: [], env: { A: 'x=y' }, waitFor: 30 };
    assert.deepEqual(encodeFields(definition), [
      'type=namespace',
      'namespaces[]=net',
      'namespaces[]=mnt',
      'args:=[]',
      'env.A=x=y',
      'waitFor:=30',
    ]);
  });

  const text = fc.string({ unit: 'binary' });
  const key = fc.stringMatching(/^[A-Za-z]+$/).filter((name) => name !== '__proto__');
  const value = fc.oneof(
    text,
    fc.array(text),
    fc.dictionary(text, text),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(text, fc.integer())),
  );

  it('hold any definition', () => {
    fc.assert(
      fc.property(fc.dictionary(key, value), (definition) => {
        const back = decodeFields(encodeFields(definition));
        assert.deepEqual(JSON.parse(JSON.stringify(back)), JSON.parse(JSON.stringify(definition)));
      }),
      { numRuns: 1000 },
    );
  });

  it('whatever VS Code puts in place of a variable stays within its own value', () => {
    fc.assert(
      fc.property(text, (replacement) => {
        const definition = {
          container: '${input:which}',
          args: ['-c', '${selectedText}'],
          as: 'me',
          env: { A: '${x}' },
        };
        const replaced = encodeFields(definition).map((field) => field.replace(/\$\{[^}]*\}/, () => replacement));
        assert.deepEqual(decodeFields(replaced), {
          container: replacement,
          args: ['-c', replacement],
          as: 'me',
          env: { A: replacement },
        });
      }),
    );
  });

  it('have no place for variables outside of texts', () => {
    const [field = ''] = encodeFields({ args: [1, '${x}'] });
    assert.doesNotMatch(field, /\$/);
    assert.deepEqual(decodeFields([field]), { args: [1, '${x}'] });
  });

  for (const bad of ['', 'x', '=x', 'a b=c', '--task', 'x:=', 'x:=[']) {
    it(`${JSON.stringify(bad)} is none`, () => {
      assert.throws(() => decodeFields([bad]));
    });
  }
});
