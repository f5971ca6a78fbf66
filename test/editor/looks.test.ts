// A terminal's tab says where one is: by the icon what one is in, by the colour whose it is.
import assert from 'node:assert/strict';
import { planEntry, planNew } from '../../extension/plan/enterPlan';
import { allOf, only, type Chosen } from '../../extension/select/selection';
import { colorOf, iconOf } from '../../extension/terminal/looks';
import { makeContainer } from '../unit/containerFixture';

const of = (engine: string): Chosen[] => allOf(makeContainer('box', { net: 1, mnt: 2 }, { engine }));
const icon = (chosen: readonly Chosen[]): string => iconOf(planEntry(chosen, 1000), chosen).id;
const color = (chosen: readonly Chosen[]): string => colorOf(chosen).id.replace('terminal.ansi', '');

describe('the looks of a terminal’s tab', () => {
  const LOOKS: [engine: string, icon: string, color: string][] = [
    ['docker', 'vm', 'Blue'],
    ['podman', 'vm', 'Magenta'],
    ['containerd', 'vm', 'Cyan'],
    ['kubernetes', 'layers', 'BrightBlue'],
    ['lxc', 'server-environment', 'Yellow'],
    ['lxd', 'server-environment', 'BrightYellow'],
    ['incus', 'server-environment', 'Red'],
    ['nspawn', 'server-environment', 'BrightMagenta'],
    ['flatpak', 'beaker', 'BrightCyan'],
    ['sandbox', 'beaker', 'BrightGreen'],
    ['some other', 'vm', 'BrightGreen'],
  ];
  for (const [engine, expectedIcon, expectedColor] of LOOKS) {
    it(`${engine}: ${expectedIcon} in ${expectedColor}`, () => {
      assert.deepEqual([icon(of(engine)), color(of(engine))], [expectedIcon, expectedColor]);
    });
  }

  it('without a container’s files: the globe, in the engine’s colour', () => {
    const network = of('docker').filter(({ namespace }) => namespace.type === 'net');
    assert.deepEqual([icon(network), color(network)], ['globe', 'Blue']);
    const named = of('netns').filter(({ namespace }) => namespace.type === 'net');
    assert.equal(color(named), 'Green');
  });

  it('of a mixture: those of the container whose files one is among', () => {
    const pod = makeContainer('pod', { mnt: 3 }, { engine: 'kubernetes' });
    const mixture = [...only(makeContainer('web', { net: 1 }), ['net']), ...allOf(pod)];
    assert.deepEqual([icon(mixture), color(mixture)], ['layers', 'BrightBlue']);
  });

  it('in new namespaces: a plus', () => {
    assert.equal(iconOf(planNew(['net'], 1000), []).id, 'add');
  });
});
