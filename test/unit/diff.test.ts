// Which rows are drawn anew, and that nothing below a row that nobody has opened is made for it.
import assert from 'node:assert/strict';
import { atOnce, oneStep } from '../../extension/shared/slices';
import { changedNodes, indexNodes } from '../../extension/tree/diff';
import { groupNode, type TreeNode } from '../../extension/tree/rows';

/** Rows below others, by their names; `count` is what the last one says. `made` hears of each row whose children are made. */
function tree(count = 0, made: string[] = []): TreeNode[] {
  const row = (id: string, number: number, below: () => TreeNode[]): TreeNode =>
    groupNode('net', id, id, number, () =>
      oneStep(() => {
        made.push(id);
        return below();
      }),
    );
  return [row('a', 0, () => [row('a/b', 0, () => [row('a/b/c', count, () => [])])])];
}
const open =
  (...ids: string[]) =>
  ({ id }: TreeNode): boolean =>
    ids.includes(id);
const changed = (before: TreeNode[], after: TreeNode[], isOpen: (node: TreeNode) => boolean): string[] | null => {
  const found = atOnce(changedNodes(before, atOnce(indexNodes(before, isOpen)), after, isOpen));
  return found && [...found];
};

describe('rows that follow others', () => {
  it('are drawn anew where they look different, the others not', () => {
    assert.deepEqual(changed(tree(1), tree(2), open('a', 'a/b')), ['a/b/c']);
    assert.deepEqual(changed(tree(1), tree(1), open('a', 'a/b')), []);
    assert.equal(changed(tree(), [], open()), null);
  });

  it('are drawn with the one above them where that is quicker', () => {
    const rows = (count: number, ofOthers: number): TreeNode[] => {
      const below = Array.from({ length: 500 }, (_, at) =>
        groupNode('net', `a/${at}`, `a/${at}`, at < count ? 1 : 0, () =>
          oneStep(() => [groupNode('net', `a/${at}/b`, 'b', ofOthers, () => oneStep(() => []))]),
        ),
      );
      return [groupNode('net', 'a', 'a', 0, () => oneStep(() => below))];
    };
    const isOpen = open('a', 'a/499');
    assert.equal(changed(rows(0, 0), rows(100, 0), isOpen)?.length, 100);
    assert.deepEqual(changed(rows(0, 0), rows(101, 1), isOpen), ['a']);
    assert.deepEqual(changed(rows(0, 0), rows(0, 1), isOpen), ['a/499/b']);
  });

  it('are not made below one that nobody has opened', () => {
    const made: string[] = [];
    const isOpen = open('a');
    assert.deepEqual(changed(tree(1, made), tree(2, made), isOpen), []);
    assert.deepEqual([...atOnce(indexNodes(tree(1, made), isOpen)).keys()], ['a', 'a/b']);
    assert.deepEqual([...new Set(made)], ['a']);
  });

  it('are made once', () => {
    const made: string[] = [];
    const [row] = tree(0, made);
    assert.equal(row?.children, row?.children);
    assert.deepEqual(made, ['a']);
  });

  it('are made once in slices too', () => {
    const made: string[] = [];
    const [row] = tree(0, made);
    assert.ok(row?.kind === 'group');
    const work = row.makeChildren();
    assert.equal(work.next().done, false, 'it pauses');
    atOnce(work);
    assert.equal(row.children.length, 1);
    atOnce(row.makeChildren());
    assert.deepEqual(made, ['a']);
  });
});
