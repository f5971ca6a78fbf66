// Ids in and out of user namespaces, by the lines of uid_map and gid_map.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { insideIdentity, outsideIdentity } from '../../helper/enter/idMaps';
import { HelperError } from '../../helper/errors';
import { idInside, idOutside, parseIdMap } from '../../helper/idMap';

// As the kernel prints them: the columns are padded.
const ROOTLESS = '         0       1000          1\n         1     100000      65536\n';
const INITIAL = '         0          0 4294967295\n';

describe('id maps', () => {
  const CASES: [string, number, number | null][] = [
    [ROOTLESS, 0, 1000],
    [ROOTLESS, 1, 100000],
    [ROOTLESS, 65536, 165535],
    [ROOTLESS, 65537, null],
    [INITIAL, 0, 0],
    [INITIAL, 4294967294, 4294967294],
    ['', 0, null],
    ['\n', 0, null],
    ['1 2', 1, null],
    ['x 1 2', 1, null],
  ];
  for (const [map, inside, outside] of CASES) {
    it(`${inside} inside of ${JSON.stringify(map)} is ${outside} outside`, () => {
      assert.equal(idOutside(parseIdMap(map), inside), outside);
      if (outside !== null) assert.equal(idInside(parseIdMap(map), outside), inside);
    });
  }

  it('there and back is the same id; an id of no range is nobody', () => {
    const map = fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }));
    fc.assert(
      fc.property(map, fc.nat(3e6), ([inside, outside, count], id) => {
        const ranges = parseIdMap(`${inside} ${outside} ${count}\n`);
        const out = idOutside(ranges, id);
        assert.equal(out === null, id < inside || id >= inside + count);
        if (out !== null) assert.equal(idInside(ranges, out), id);
      }),
    );
  });

  const maps = { uid: parseIdMap(ROOTLESS), gid: parseIdMap(ROOTLESS), setgroups: true };
  const INSIDE: [string, Parameters<typeof insideIdentity>, ReturnType<typeof insideIdentity>][] = [
    ['ids from outside', [{ uid: 1000, gid: 100004, groups: [100009] }, maps], { uid: 0, gid: 5, groups: [10] }],
    [
      'groups that are nobody’s there are left out',
      [{ uid: 1000, gid: 1000, groups: [4, 1000] }, maps],
      { uid: 0, gid: 0, groups: [0] },
    ],
    [
      'groups that may not be set are left as they are',
      [
        { uid: 1000, gid: 1000, groups: [1000] },
        { ...maps, setgroups: false },
      ],
      { uid: 0, gid: 0, groups: null },
    ],
  ];
  for (const [what, [identity, of], expected] of INSIDE) {
    it(what, () => {
      assert.deepEqual(insideIdentity(identity, of), expected);
    });
  }
  it('to the outside, with the groups that are mapped', () => {
    const inside = { uid: 0, gid: 5, groups: [5, 70000] };
    assert.deepEqual(outsideIdentity(inside, maps), { uid: 1000, gid: 100004, groups: [100004] });
    assert.throws(() => outsideIdentity({ uid: 0, gid: 70000, groups: [] }, maps), /gid 70000 has no mapping/);
  });

  it('refuses ids that the maps do not have', () => {
    for (const identity of [
      { uid: 5, gid: 1000, groups: [] },
      { uid: 1000, gid: 5, groups: [] },
    ])
      assert.throws(
        () => insideIdentity(identity, maps),
        (error) => error instanceof HelperError && error.exit === 'identityFailed',
      );
  });
});
