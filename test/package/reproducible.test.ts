// The same sources give the same package, byte for byte: built in another folder, later, by somebody with another umask,
// time zone and language.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { copySources, packIn, vsixOf } from './support';

describe('two builds', () => {
  let folder: string;
  before(() => {
    folder = copySources();
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('give the same bytes', async () => {
    await packIn(folder, ['alpine-x64'], {
      ...process.env,
      TZ: 'Asia/Tokyo',
      LC_ALL: 'C.UTF-8',
      SOURCE_DATE_EPOCH: '1',
    });
    const [one, other] = ['.', folder].map((where) => readFileSync(vsixOf('alpine-x64', where)));
    assert.ok(one && other && one.equals(other), 'the packages differ');
  });
});
