// Which rows are drawn anew, and that nothing below a row that nobody has opened is made for it.
import assert from 'node:assert/strict';
import { atOnce } from '../../extension/shared/slices';
import { changedNodes, indexNodes } from '../../extension/tree/diff';
import { groupNode, type TreeNode } from '../../extension/tree/rows';

/** Rows below others, by their names; `description` of the last one. `made` hears of each row whose children are made. */
function tree(description = '', made: string[] = []): TreeNode[] {
  const row = (id: string, text: string, below: () => TreeNode[]): TreeNode =>
    groupNode('net', id, id, text, () => {
      made.push(id);
      return below();
    });
  return [row('a', '', () => [row('a/b', '', () => [row('a/b/c', description, () => [])])])];
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
    assert.deepEqual(changed(tree('1'), tree('2'), open('a', 'a/b')), ['a/b/c']);
    assert.deepEqual(changed(tree('1'), tree('1'), open('a', 'a/b')), []);
    assert.equal(changed(tree(), [], open()), null);
  });

  it('are not made below one that nobody has opened', () => {
    const made: string[] = [];
    const isOpen = open('a');
    assert.deepEqual(changed(tree('1', made), tree('2', made), isOpen), []);
    assert.deepEqual([...atOnce(indexNodes(tree('1', made), isOpen)).keys()], ['a', 'a/b']);
    assert.deepEqual([...new Set(made)], ['a']);
  });

  it('are made once', () => {
    const made: string[] = [];
    const [row] = tree('', made);
    assert.equal(row?.children, row?.children);
    assert.deepEqual(made, ['a']);
  });
});
