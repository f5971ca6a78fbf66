// What is found of a real Docker engine's containers: by its API and, without that, by /proc.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listEngines } from '../../extension/discover/engines/listEngines';
import type { Container, Snapshot } from '../../extension/model/container';
import type { Runtime } from '../../extension/shared/helperCommand';
import { NAMESPACE_NAMES, type NamespaceName } from '../../helper/namespaceTypes';
import { HELPER, startTimeOf } from '../kernel/support';
import { PublicCopy } from '../kernel/supportUsers';
import { composeLabels, startDocker, type Docker } from '../support/docker';
import { lookOnce } from '../support/lookOnce';
import { run } from '../support/run';
import { runtimeOf } from '../support/runtime';

/** What `docker inspect` says, as far as it matters here. */
interface Inspected {
  Id: string;
  Name: string;
  Config: { Image: string; Labels: Record<string, string> };
  State: { Pid: number };
}

const EVIL = '\u001b[2J$(touch /tmp/x)\n\u202e`id` $(trash)';

describe('discover: a real Docker engine', () => {
  let docker: Docker;
  let snapshot: Snapshot;
  let ids: ReadonlySet<string>;
  const names = ['web', 'nonet', 'sidecar', 'hostpid', 'api', 'db'];
  before(async () => {
    docker = await startDocker();
    await docker.run('web', { args: ['--label', 'tier=front', '--label', `evil=${EVIL}`] });
    await docker.run('nonet', { args: ['--network', 'none'] });
    await docker.run('sidecar', { args: ['--network', 'container:web'] });
    await docker.run('hostpid', { args: ['--pid', 'host'] });
    await docker.cli('network', 'create', 'shop');
    await docker.run('api', { args: ['--network', 'shop', ...composeLabels('shop', 'api')] });
    await docker.run('db', { args: ['--network', 'shop', ...composeLabels('shop', 'db')] });
    await docker.run('stopped');
    await docker.cli('kill', 'stopped');
    ids = new Set((await docker.cli('ps', '--all', '--quiet', '--no-trunc')).trim().split('\n'));
    snapshot = await look();
  });
  after(async () => {
    await docker.stop();
  });

  const look = (helperPath = HELPER, change: Partial<Runtime> = {}): Promise<Snapshot> =>
    lookOnce({
      runtime: runtimeOf(helperPath, change),
      dockerHost: `unix://${docker.socket}`,
      env: { PATH: process.env['PATH'] },
    });
  /** Those of this engine that run; the machine may have engines of its own. */
  const fromDocker = ({ containers }: Snapshot): Container[] =>
    containers.filter(({ id, pid }) => id !== null && ids.has(id) && pid !== 0);
  function find(name: string, picture: Snapshot = snapshot): Container {
    const found = fromDocker(picture).filter((container) => container.name === name);
    assert.equal(found.length, 1, `${found.length} containers are called ${name}`);
    return found[0] as Container;
  }
  const inodeOf = (name: string, type: NamespaceName): number | null | undefined =>
    find(name).namespaces.find((namespace) => namespace.type === type)?.inode;
  const hostTypes = (name: string): NamespaceName[] =>
    find(name).namespaces.flatMap(({ type, host }) => (host ? [type] : []));

  it('lists the running containers, each once, and nothing went wrong', () => {
    assert.deepEqual(
      fromDocker(snapshot)
        .map(({ name }) => name)
        .sort(),
      [...names].sort(),
    );
    assert.deepEqual(snapshot.notes, []);
  });

  it('offers the stopped one as such', () => {
    const stopped = snapshot.containers.filter(({ id, pid }) => id !== null && ids.has(id) && pid === 0);
    assert.deepEqual(
      stopped.map(({ name, state }) => [name, state]),
      [['stopped', 'exited']],
    );
  });

  for (const name of names) {
    it(`tells of ${name} what docker inspect and readlink tell`, async () => {
      const [inspected] = JSON.parse(await docker.cli('inspect', name)) as [Inspected];
      const container = find(name);
      const pid = inspected.State.Pid;
      assert.equal(`/${container.name}`, inspected.Name);
      assert.equal(container.id, inspected.Id);
      assert.equal(container.key, `docker:${inspected.Id}`);
      assert.equal(container.image, inspected.Config.Image);
      assert.deepEqual(container.details.labels, inspected.Config.Labels);
      assert.equal(container.composeProject, inspected.Config.Labels['com.docker.compose.project'] ?? null);
      assert.equal(container.composeService, inspected.Config.Labels['com.docker.compose.service'] ?? null);
      assert.equal(container.pid, pid);
      assert.equal(container.startTime, startTimeOf(pid));
      assert.equal(container.uid, 0);
      assert.deepEqual(
        container.namespaces.map(({ type }) => type),
        NAMESPACE_NAMES,
      );
      for (const { type, inode, host } of container.namespaces) {
        const link = readlinkSync(`/proc/${pid}/ns/${type}`);
        assert.equal(`${type}:[${String(inode)}]`, link);
        assert.equal(host, link === readlinkSync(`/proc/self/ns/${type}`), type);
      }
    });
  }

  it('knows the compose project', () => {
    const project = fromDocker(snapshot).filter(({ composeProject }) => composeProject === 'shop');
    assert.deepEqual(
      project.map(({ name, composeService }) => [name, composeService]),
      [
        ['api', 'api'],
        ['db', 'db'],
      ],
    );
  });

  it('knows who shares a network and who does not', () => {
    const sharing = (name: string, type: NamespaceName): readonly string[] | undefined =>
      find(name).namespaces.find((namespace) => namespace.type === type)?.sharedWith;
    assert.equal(inodeOf('web', 'net'), inodeOf('sidecar', 'net'));
    assert.deepEqual(sharing('web', 'net'), ['sidecar']);
    assert.deepEqual(sharing('sidecar', 'net'), ['web']);
    assert.deepEqual(sharing('web', 'mnt'), []);
    for (const name of ['nonet', 'api', 'db', 'hostpid']) assert.deepEqual(sharing(name, 'net'), [], name);
  });

  it('knows what is the host’s', () => {
    assert.ok(hostTypes('hostpid').includes('pid'));
    for (const name of names.filter((other) => other !== 'hostpid')) assert.ok(!hostTypes(name).includes('pid'), name);
    for (const name of names) {
      for (const type of ['mnt', 'net', 'uts', 'ipc'] as const)
        assert.ok(!hostTypes(name).includes(type), `${name} ${type}`);
      assert.ok(hostTypes(name).includes('user'), name);
    }
  });

  it('knows by which file Docker keeps a network', async () => {
    const file = await docker.cli('inspect', '--format', '{{.NetworkSettings.SandboxKey}}', 'web');
    const network = snapshot.namespaces.find(({ type, inode }) => type === 'net' && inode === inodeOf('web', 'net'));
    assert.ok(network?.heldBy.includes(file), network?.heldBy.join());
  });

  it('passes on labels raw, whatever is in them', () => {
    assert.equal(find('web').details.labels['evil'], EVIL);
  });

  it('counts what docker exec starts to its container', async () => {
    await docker.cli('exec', '--detach', 'web', 'sleep', '1000');
    const again = await look();
    const shown = (picture: Snapshot): object[] => fromDocker(picture).map(({ key, pid }) => ({ key, pid }));
    assert.deepEqual(shown(again), shown(snapshot));
    const sleeper = Number((await docker.cli('top', 'web', '-o', 'pid,args')).match(/^(\d+) +sleep 1000$/m)?.[1]);
    assert.ok(sleeper > 0);
    const others = again.containers.filter(({ pid }) => pid === sleeper);
    assert.deepEqual(others, []);
  });

  it('shows all of them as locked to a user who may ask Docker, but not read the links', async () => {
    const copy = new PublicCopy();
    try {
      const asNobody = join(dirname(copy.node), 'asNobody');
      writeFileSync(
        asNobody,
        `#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups -- '${copy.node}' "$@"\n`,
      );
      chmodSync(asNobody, 0o755);
      const locked = await look(copy.helper, { execPath: asNobody });
      assert.deepEqual(locked.notes, []);
      const known = (picture: Snapshot): object[] =>
        fromDocker(picture).map(({ key, name, pid, startTime, uid, details: { labels } }) => ({
          key,
          name,
          pid,
          startTime,
          uid,
          labels,
        }));
      assert.deepEqual(known(locked), known(snapshot));
      for (const { name, namespaces } of fromDocker(locked)) {
        assert.ok(
          namespaces.every(({ inode, host }) => inode === null && !host),
          name,
        );
      }
    } finally {
      copy.remove();
    }
  });

  it('finds them without Docker’s API too, by their ids', async () => {
    const { containers } = await lookOnce({ runtime: runtimeOf(HELPER), dockerHost: '/nowhere.sock', env: {} });
    const running = fromDocker(snapshot).map(({ id }) => id);
    assert.deepEqual(containers.flatMap(({ id }) => (running.includes(id) ? [id] : [])).sort(), [...running].sort());
  });

  it('asks the engine that DOCKER_HOST, DOCKER_CONTEXT or docker context use names', async () => {
    const config = mkdtempSync('/tmp/lns-context-');
    const address = `unix://${docker.socket}`;
    const context = (...args: string[]): Promise<string> => run('docker', ['--config', config, 'context', ...args]);
    const listed = async (env: NodeJS.ProcessEnv): Promise<string[]> => {
      const { containers, notes } = await listEngines({ env: { HOME: config, ...env }, unixSockets: '/dev/null' });
      assert.deepEqual(notes, []);
      return containers.flatMap(({ id, name }) => (ids.has(id) ? [name] : [])).sort();
    };
    const all = [...names, 'stopped'].sort();
    try {
      assert.deepEqual(await listed({ DOCKER_HOST: address }), all);
      await context('create', 'lns.one', '--docker', `host=${address}`);
      assert.deepEqual(await listed({ DOCKER_CONFIG: config }), []);
      assert.deepEqual(await listed({ DOCKER_CONFIG: config, DOCKER_CONTEXT: 'lns.one' }), all);
      await context('use', 'lns.one');
      assert.deepEqual(await listed({ DOCKER_CONFIG: config }), all);
    } finally {
      rmSync(config, { recursive: true });
    }
  });

  it('knows a container again after a restart, under its new pid', async () => {
    await docker.cli('restart', '--time', '0', 'nonet');
    const again = find('nonet', await look());
    assert.equal(again.key, find('nonet').key);
    assert.equal(again.pid, await docker.pid('nonet'));
    assert.notEqual(again.pid, find('nonet').pid);
  });
});
