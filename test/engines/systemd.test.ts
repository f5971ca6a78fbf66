// What runs under systemd: services with namespaces of their own, and containers that machined knows; seen on that machine, and
// on the one around it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NAMESPACE_NAMES } from '../../helper/namespaceTypes';
import type { ScanDocument, ScannedContainer } from '../../helper/protocol';
import { helper } from '../kernel/support';
import { PublicCopy } from '../kernel/supportUsers';
import { skipWithout } from '../support/skip';
import { makeRootfs } from './scanEngines';
import { startSystemd, type Systemd } from './systemd';
import { makeFolder, undoAll } from './undo';

const TAG = `lns-${randomBytes(3).toString('hex')}`;
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
const SLEEP = ['/bin/sleep', '1000000'];

/** By the property of systemd.exec(5), which namespaces a service has of its own. */
const SERVICES = {
  PrivateNetwork: ['net'],
  PrivateTmp: ['mnt'],
  PrivateIPC: ['ipc'],
  ProtectHostname: ['uts'],
  PrivateUsers: ['user'],
} as const;

describe('scan: under systemd', () => {
  const undo: (() => unknown)[] = [];
  let folder = '';
  let copy: PublicCopy;
  let systemd: Systemd;
  before(async function () {
    folder = makeFolder();
    copy = new PublicCopy();
    try {
      const own = join(folder, 'systemd');
      mkdirSync(own);
      const rootfs = makeRootfs(dirname(copy.helper));
      systemd = await startSystemd(TAG, { folder: own, seen: dirname(copy.helper), undo });
      for (const property of Object.keys(SERVICES)) {
        await systemd.run(
          'systemd-run',
          '--quiet',
          `--unit=${unitOf(property)}`,
          `--property=${property}=yes`,
          ...SLEEP,
        );
      }
      await systemd.run('cp', '--archive', rootfs, '/var/lib/machines/inner');
      await systemd.run('cp', '--archive', rootfs, '/var/lib/machines/off');
      const nspawn = ['systemd-nspawn', '--quiet', '--machine=inner', '--private-network', '--as-pid2', ...SLEEP];
      await systemd.run('systemd-run', '--quiet', `--unit=${TAG}-inner`, ...nspawn);
      await systemd.run('sh', '-c', 'until machinectl show inner; do sleep 0.1; done');
    } catch (error) {
      await undoAll(undo, folder);
      skipWithout(this, 'systemd', error);
    }
  });
  after(async () => {
    await undoAll(undo, folder);
    copy.remove();
  });

  const unitOf = (property: string): string => `${TAG}-${property}`;
  const scan = async (...as: string[]): Promise<ScanDocument> =>
    JSON.parse(await systemd.run(...as, copy.node, '--', copy.helper, 'scan', '--json')) as ScanDocument;
  const called = ({ containers }: ScanDocument, name: string): ScannedContainer[] =>
    containers.filter((container) => container.name === name);
  const ask = async (...argv: string[]): Promise<number> => Number(await systemd.run(...argv, '--value'));
  const inodesOf = async (pid: number): Promise<Record<string, number>> => {
    const stat = [
      'stat',
      '--dereference',
      '--format',
      '%i',
      ...NAMESPACE_NAMES.map((type) => `/proc/${pid}/ns/${type}`),
    ];
    const inodes = (await systemd.run(...stat)).trim().split('\n').map(Number);
    return Object.fromEntries(NAMESPACE_NAMES.map((type, at) => [type, inodes[at] ?? NaN]));
  };

  for (const [property, types] of Object.entries(SERVICES)) {
    it(`a service with ${property} is called after its unit, once, with its namespaces`, async () => {
      const document = await scan();
      const [found, ...others] = called(document, `${unitOf(property)}.service`);
      assert.ok(found);
      assert.deepEqual(others, []);
      const pid = await ask('systemctl', 'show', `--property=MainPID`, unitOf(property));
      assert.deepEqual([found.engine, found.pid, found.user], ['service', pid, 'root']);
      assert.deepEqual(found.namespaces, await inodesOf(pid));
      for (const type of types) assert.notEqual(found.namespaces[type], document.host[type], type);
    });
  }

  it('is listed for a user who may read nothing of it, all of it locked, where it shows outside', async () => {
    const document = await scan(...NOBODY);
    for (const property of ['PrivateNetwork', 'PrivateTmp', 'PrivateUsers']) {
      const found = called(document, `${unitOf(property)}.service`);
      assert.deepEqual(
        found.map(({ engine, namespaces, locked }) => [engine, namespaces, locked.length]),
        [['service', {}, NAMESPACE_NAMES.length]],
        property,
      );
    }
  });

  it('a container that machined knows is called as there, for everybody, and its image that does not run is offered', async () => {
    const pid = await ask('machinectl', 'show', '--property=Leader', 'inner');
    const document = await scan();
    for (const each of [document, await scan(...NOBODY)]) {
      assert.deepEqual(
        called(each, 'inner').map(({ engine, id, pid: leader }) => [engine, id, leader]),
        [['nspawn', 'inner', pid]],
      );
    }
    const [inner] = called(document, 'inner');
    assert.deepEqual(inner?.namespaces, await inodesOf(pid));
    assert.deepEqual(
      document.stopped.filter(({ engine }) => engine === 'nspawn').map(({ name }) => name),
      ['off'],
    );
  });

  it('on the machine around it, all of this is below it', async () => {
    const around = JSON.parse((await helper(['scan', '--json'])).stdout) as ScanDocument;
    const [machine] = called(around, TAG);
    assert.equal(machine?.pid, systemd.pid);
    const names = [...Object.keys(SERVICES).map((property) => `${unitOf(property)}.service`), 'inner'];
    for (const name of names) {
      assert.deepEqual(
        called(around, name).map(({ parent }) => parent),
        [machine.pid],
        name,
      );
    }
  });
});
