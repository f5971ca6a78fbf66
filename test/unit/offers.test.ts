// Which builds are offered where: the workspace's own containers first, and every folder its part.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Build } from '../../extension/tasks/builds';
import { chooseOffers, containersFor, type FolderBuilds } from '../../extension/tasks/offers';
import { makeContainer, snapshotOf } from './containerFixture';

const build = (name: string): Build => ({ name, command: name, args: [], group: null });
const folderOf = (folder: string, containers: string[], builds: string[]): FolderBuilds<string> => ({
  folder,
  containers,
  builds: builds.map(build),
});
const texts = (folders: FolderBuilds<string>[], most: number): string[] =>
  chooseOffers(folders, most).offered.map(({ folder, container, build: { name } }) => `${folder} ${name} ${container}`);

describe('the builds that are offered', () => {
  it('are all of them in each container, as long as they fit', () => {
    assert.deepEqual(texts([folderOf('a', ['web', 'db'], ['x', 'y'])], 4), ['a x web', 'a y web', 'a x db', 'a y db']);
  });

  it('are those in the first container before those in the others', () => {
    const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
    assert.deepEqual(texts([folderOf('a', names, ['x', 'y'])], 3), ['a x c0', 'a y c0', 'a x c1']);
  });

  it('are some of each folder, however many another one has', () => {
    const many = Array.from({ length: 200 }, (_, index) => `t${index}`);
    assert.deepEqual(texts([folderOf('a', ['web', 'db'], many), folderOf('b', ['api'], ['x', 'y'])], 5), [
      'a t0 web',
      'b x api',
      'a t1 web',
      'b y api',
      'a t2 web',
    ]);
  });

  it('are together with what is left out each build in each container, once', () => {
    const folders = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 4 });
    fc.assert(
      fc.property(folders, fc.nat(100), (sizes, most) => {
        const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));
        const { offered, leftOut } = chooseOffers(
          sizes.map(([containers, builds], index) => folderOf(String(index), numbered(containers), numbered(builds))),
          most,
        );
        const all = [...offered, ...leftOut].map(
          ({ folder, container, build: { name } }) => `${folder} ${name} ${container}`,
        );
        const total = sizes.reduce((sum, [containers, builds]) => sum + containers * builds, 0);
        assert.equal(new Set(all).size, total);
        assert.equal(offered.length, Math.min(most, total));
      }),
    );
  });
});

describe('the containers for the builds of a folder', () => {
  const inFolder = (name: string, label: string, folder: string): ReturnType<typeof makeContainer> =>
    makeContainer(name, { net: name.length }, { composeProject: 'x', labels: { [label]: folder } });
  const COMPOSE = 'com.docker.compose.project.working_dir';

  it('are its own first: by the labels that name a folder, or else by the project’s usual name', () => {
    const snapshot = snapshotOf(
      makeContainer('other', { net: 1 }),
      inFolder('compose-of-another', COMPOSE, '/work/shop-2'),
      inFolder('compose', COMPOSE, '/work/My.Shop'),
      inFolder('compose-below', COMPOSE, '/work/My.Shop/deploy'),
      inFolder('devcontainer', 'devcontainer.local_folder', '/work/My.Shop'),
      makeContainer('by-name', { net: 7 }, { composeProject: 'myshop' }),
    );
    assert.deepEqual(containersFor('/work/My.Shop', snapshot), [
      'compose',
      'compose-below',
      'devcontainer',
      'by-name',
      'other',
      'compose-of-another',
    ]);
  });

  it('are none that do not run, have no network of their own, or cannot be called by their name', () => {
    const snapshot = snapshotOf(
      makeContainer('stopped', { net: 1 }, { pid: 0, state: 'exited' }),
      makeContainer('hosted', { pid: 2 }),
      makeContainer('${command:x}', { net: 3 }),
      makeContainer('twin', { net: 4 }),
      makeContainer('twin', { net: 5 }, { key: 'podman:twin' }),
    );
    assert.deepEqual(containersFor('/work', snapshot), []);
  });
});
