// Containers that do not run, by the files in which their engines keep them.
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ScannedContainer } from '../../helper/protocol';
import { Accounts } from '../../helper/scan/accounts';
import { Budget } from '../../helper/scan/budget';
import { NO_MEMORY } from '../../helper/scan/memory';
import { listStopped } from '../../helper/scan/stopped';
import { listStore, markOf, usualStores, type Store } from '../../helper/scan/runtimes/stores';
import { scanned } from '../fixtures/proc/scanned';

const UID = process.getuid?.() ?? 0;

describe('scan: containers that do not run', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lns-stores-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  function write(path: string, content: string | Buffer = ''): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const store = (engine: Store['engine'], path = '', uid = UID): Store => ({ engine, path: join(folder, path), uid });
  const namesIn = (...args: Parameters<typeof store>): string[] => listStore(store(...args)).map(({ name }) => name);

  it('are LXC’s folders with a configuration, of the right owner', () => {
    write('web/config');
    write('db/config');
    write('rootfs-alone/rootfs/bin/sh');
    mkdirSync(join(folder, 'odd/config'), { recursive: true });
    mkdirSync(join(folder, 'linked'));
    symlinkSync('../web/config', join(folder, 'linked/config'));
    write('file');
    assert.deepEqual(namesIn('lxc'), ['db', 'web']);
    assert.deepEqual(namesIn('lxc', '', UID + 1), []);
    assert.deepEqual(namesIn('lxc', 'none'), []);
  });

  it('are what LXD and Incus have linked into their storage pools, with project and image', () => {
    write('pool/web/backup.yaml', 'container:\n  config:\n    image.description: Debian bookworm\n');
    mkdirSync(join(folder, 'containers'));
    symlinkSync('../pool/web', join(folder, 'containers/web'));
    // Its pool is not mounted while it does not run.
    symlinkSync('../pool/none', join(folder, 'containers/shop_db'));
    write('containers/file');
    assert.deepEqual(
      listStore(store('incus', 'containers')).map(({ engine, name, id, image, labels }) => [
        [engine, name, id, image],
        labels,
      ]),
      [
        [['incus', 'db', 'shop_db', null], { project: 'shop' }],
        [['incus', 'web', 'web', 'Debian bookworm'], { project: 'default' }],
      ],
    );
  });

  it('are what machinectl lists as images', () => {
    for (const name of ['deb', '.hidden', 'lost+found']) mkdirSync(join(folder, name));
    write('fedora.raw');
    write('deb.nspawn');
    assert.deepEqual(namesIn('nspawn'), ['deb', 'fedora']);
  });

  it('are those in containerd’s database, under nerdctl’s names, but for those of other engines', () => {
    write('meta.db', gunzipSync(readFileSync('test/fixtures/bolt/containerd.db.gz')));
    const found = listStore(store('containerd', 'meta.db'));
    assert.equal(found.length, 62);
    const web = found.find(({ id }) => id === 'web');
    assert.deepEqual(
      [web?.engine, web?.image, web?.labels['com.docker.compose.service']],
      ['containerd', 'localhost/bb:1', 'web'],
    );
    write('meta.db', 'not a database');
    assert.deepEqual(listStore(store('containerd', 'meta.db')), []);
  });

  it('are those that Docker has a configuration of, of the right owner', () => {
    const [web, bare, odd, elsewhere, before] = ['a', 'b', 'c', 'd', 'e'].map((digit) => digit.repeat(64));
    const config = { Name: '/web', Config: { Image: 'nginx', Labels: { tier: 'x' } }, State: { Running: false } };
    write(`${web ?? ''}/config.v2.json`, JSON.stringify(config));
    write(`${bare ?? ''}/config.v2.json`, '{}');
    write(`${odd ?? ''}/config.v2.json`, 'no JSON');
    write('no-id/config.v2.json', JSON.stringify(config));
    // In another pid namespace, say, which shares these files; and before the machine was started again.
    const runs = (StartedAt: string): string => JSON.stringify({ State: { Running: true, StartedAt } });
    write(`${elsewhere ?? ''}/config.v2.json`, runs(new Date().toISOString()));
    write(`${before ?? ''}/config.v2.json`, runs('2001-02-03T04:05:06.789Z'));
    const found = listStore(store('docker'));
    assert.deepEqual(
      found.map(({ engine, name, id, image, labels }) => [engine, name, id, image, labels]),
      [
        ['docker', 'web', web, 'nginx', { tier: 'x' }],
        ['docker', 'b'.repeat(12), bare, null, {}],
        ['docker', 'e'.repeat(12), before, null, {}],
      ],
    );
    assert.deepEqual(namesIn('docker', '', UID + 1), []);
  });

  it('are told once, and not while they run', () => {
    for (const path of ['a/web/config', 'a/db/config', 'b/web/config', 'b/db/config', 'b/mail/config']) write(path);
    const user = new Accounts().name(UID);
    const listed = (containers: ScannedContainer[], ...stores: Store[]): string[] =>
      listStopped({ containers, stores, accounts: new Accounts(), memory: NO_MEMORY, budget: new Budget() }).flatMap(
        ({ engine, id }) => (['web', 'db', 'mail'].includes(id) && engine === 'lxc' ? [id] : []),
      );
    const stores = [store('lxc', 'a'), store('lxc', 'b')];
    assert.deepEqual(listed([], ...stores), ['db', 'web', 'mail']);
    const running = scanned(42, { engine: 'lxc', id: 'web', user });
    assert.deepEqual(listed([running], ...stores), ['db', 'mail']);
    // Another engine's, and another user's, of the same name.
    assert.deepEqual(
      listed(
        [
          { ...running, engine: 'runc' },
          { ...running, user: 'x' },
        ],
        ...stores,
      ),
      ['db', 'web', 'mail'],
    );
    // Nobody else's are looked for.
    assert.deepEqual(listed([], { ...store('lxc', 'a'), uid: UID + 1 }), []);
  });

  it('are the first of very many, and a user’s own as many as there is time for', () => {
    for (let number = 0; number < 2_100; number++) write(`c${number}/config`);
    assert.equal(listStore(store('lxc')).length, 2_000);
    let looks = 0;
    assert.equal(listStore(store('lxc'), () => looks++ === 7).length, 7);
    const caller = UID || 7_006;
    for (const path of ['', 'c0', 'c0/config']) chownSync(join(folder, path), caller, -1);
    const { SUDO_UID } = process.env;
    process.env['SUDO_UID'] = String(caller);
    try {
      let now = 0;
      const listed = (budget: Budget): number => {
        const sources = { containers: [], accounts: new Accounts(), memory: NO_MEMORY, budget };
        const own = listStopped({ ...sources, stores: [store('lxc', '', caller)] });
        return own.filter(({ id, rootless }) => id === 'c0' && rootless).length;
      };
      assert.equal(listed(new Budget()), 1);
      const spent = new Budget(() => (now += 10_000));
      spent.spend(() => undefined);
      assert.equal(listed(spent), 0);
    } finally {
      if (SUDO_UID === undefined) delete process.env['SUDO_UID'];
      else process.env['SUDO_UID'] = SUDO_UID;
    }
  });

  it('are looked for where their engines usually keep them, root’s and the caller’s own', () => {
    const places = usualStores({ uid: 1000, home: '/home/dev' }).map(
      ({ engine, path, uid }) => `${engine} ${path} ${uid}`,
    );
    assert.ok(places.includes('lxc /var/lib/lxc 0'));
    assert.ok(places.includes('docker /var/lib/docker/containers 0'));
    assert.ok(places.includes('podman /var/lib/containers/storage 0'));
    assert.ok(places.includes('lxc /home/dev/.local/share/lxc 1000'));
    assert.ok(places.includes('docker /home/dev/.local/share/docker/containers 1000'));
    assert.ok(places.includes('podman /home/dev/.local/share/containers/storage 1000'));
    for (const root of [
      { uid: 0, home: '/root' },
      { uid: 1000, home: null },
    ]) {
      assert.deepEqual(
        usualStores(root).filter(({ uid }) => uid !== 0),
        [],
      );
    }
  });

  it('are read again where one was made, removed or changed', () => {
    write('web/config');
    const old = (): string => markOf(store('lxc'));
    const marks = [old()];
    write('db/config');
    marks.push(old());
    rmSync(join(folder, 'db'), { recursive: true });
    marks.push(old());
    assert.equal(new Set(marks).size, marks.length);
  });
});
