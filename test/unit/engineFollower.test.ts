// One engine, followed: when it is asked again, by a clock of the test's own.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { mock } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EngineAddress, EngineApi, EngineContainer, EngineListing } from '../../extension/discover/engines/engine';
import { EngineFollower } from '../../extension/discover/engines/engineFollower';

const ID = 'a'.repeat(64);
const ADDRESS: EngineAddress = {
  kind: 'docker',
  text: '/d.sock',
  connect: { socketPath: '/d.sock' },
  explicit: false,
};
const WEB: EngineContainer = {
  engine: 'docker',
  id: ID,
  name: 'web',
  image: null,
  state: 'running',
  pid: 42,
  labels: {},
  pod: null,
  composeProject: null,
  composeService: null,
};
const ABSENT = Object.assign(new Error('gone'), { code: 'ENOENT' });

/** Fails while `failure` is one; how often it was asked, and what it was told to forget. */
class Engine implements EngineApi {
  failure: Error | null = null;
  asked = 0;
  readonly forgotten: (string | undefined)[] = [];
  stream = new PassThrough();

  list(): Promise<EngineListing> {
    this.asked++;
    return this.failure ? Promise.reject(this.failure) : Promise.resolve({ containers: [WEB], notes: [] });
  }
  forget(id?: string): void {
    this.forgotten.push(id);
  }
}
class EngineWithEvents extends Engine {
  events(): Promise<PassThrough> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve((this.stream = new PassThrough()));
  }
}
/** Its events begin when `begin` is called. */
class LateEngine extends Engine {
  begin: (events: PassThrough) => void = () => undefined;
  events(): Promise<PassThrough> {
    return new Promise((resolve) => (this.begin = resolve));
  }
}
/** While it answers, something happens, as often as it is said. */
class BusyEngine extends EngineWithEvents {
  changes = 0;
  override async list(): Promise<EngineListing> {
    if (this.changes-- > 0) {
      this.stream.write('{}\n');
      await setImmediate();
      mock.timers.tick(100);
    }
    return super.list();
  }
}

describe('discover: an engine that is followed', () => {
  let follower: EngineFollower | null = null;
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
  });
  afterEach(() => {
    follower?.stop();
    mock.timers.reset();
  });

  /** Whatever waits for no timer is done then. */
  async function settled(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await setImmediate();
  }
  async function pass(milliseconds: number): Promise<void> {
    mock.timers.tick(milliseconds);
    await settled();
  }
  async function follow(engine: Engine, onChange = (): void => undefined): Promise<EngineFollower> {
    follower = new EngineFollower(ADDRESS, onChange, engine);
    follower.start();
    await settled();
    return follower;
  }

  it('is tried again after 1, 2, 4 … 30 s where it fails, and after 1 s again once it has answered', async () => {
    const engine = new EngineWithEvents();
    engine.failure = new Error('no');
    await follow(engine);
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      const { asked } = engine;
      await pass(seconds * 1_000 - 1);
      assert.equal(engine.asked, asked, `asked before ${seconds} s were over`);
      await pass(1);
      assert.equal(engine.asked, asked + 1, `not asked after ${seconds} s`);
    }
    engine.failure = null;
    await pass(30_000);
    engine.failure = new Error('no');
    engine.stream.destroy();
    await settled();
    const { asked } = engine;
    await pass(1_000);
    assert.equal(engine.asked, asked + 1);
  });

  it('is listed once as it is started, also for who asks by then', async () => {
    const engine = new EngineWithEvents();
    follower = new EngineFollower(ADDRESS, () => undefined, engine);
    follower.start();
    await follower.refresh();
    await settled();
    await pass(60_000);
    assert.equal(engine.asked, 1);
  });

  it('is listed without its events where these do not begin soon, and again once they have', async () => {
    const engine = new LateEngine();
    const followed = await follow(engine);
    assert.equal(engine.asked, 0);
    await pass(100);
    assert.deepEqual([engine.asked, followed.latest.containers], [1, [WEB]]);
    engine.begin(new PassThrough());
    await settled();
    assert.equal(engine.asked, 2);
  });

  it('tells of what did not change as the same objects', async () => {
    const told = (name: string): EngineContainer => ({ ...WEB, id: name.repeat(64), name, labels: { name } });
    const engine = new EngineWithEvents();
    const followed = await follow(engine);
    engine.list = () => Promise.resolve({ containers: [told('a'), told('b')], notes: [] });
    await followed.refresh();
    const [, before] = followed.latest.containers;
    const changed = { ...told('a'), labels: { name: 'c' } };
    engine.list = () => Promise.resolve({ containers: [told('b'), changed, told('d')], notes: [] });
    await followed.refresh();
    assert.deepEqual(followed.latest.containers, [told('b'), changed, told('d')]);
    assert.equal(followed.latest.containers[0], before);
  });

  it('is missed where it told of containers and goes, though nobody named it, and shown again when it is back', async () => {
    const engine = new EngineWithEvents();
    engine.failure = ABSENT;
    const followed = await follow(engine);
    assert.deepEqual(followed.latest, { containers: [], notes: [], failed: true });
    engine.failure = null;
    await pass(1_000);
    assert.deepEqual([followed.latest.containers, followed.isMissed], [[WEB], true]);
    engine.failure = ABSENT;
    engine.stream.destroy();
    await settled();
    await pass(1_000);
    assert.deepEqual(followed.latest.notes, ['Docker at /d.sock: there is no such socket']);
    engine.failure = null;
    await pass(2_000);
    assert.deepEqual(followed.latest, { containers: [WEB], notes: [] });
    followed.stop();
    assert.equal(followed.isMissed, false);
  });

  it('is asked where something changed of which its open events told nothing, every 3 s at most', async () => {
    const engine = new EngineWithEvents();
    const followed = await follow(engine);
    const { asked } = engine;
    await pass(60_000);
    assert.equal(engine.asked, asked, 'nothing happened');
    for (let change = 0; change < 6; change++) {
      followed.retry();
      await pass(1_000);
    }
    assert.equal(engine.asked, asked + 2);
    followed.retry();
    engine.stream.write('{}\n');
    await pass(3_000);
    assert.equal(engine.asked, asked + 3, 'its own word was enough');
  });

  it('is shown as often as it is listed, and listed when somebody asks, where changes come faster than answers', async () => {
    const engine = new BusyEngine();
    let shown = 0;
    const followed = await follow(engine, () => shown++);
    [engine.asked, shown] = [0, 0];
    engine.changes = 3;
    let answered = 0;
    await followed.refresh().then(() => (answered = engine.asked));
    assert.equal(answered, 1);
    await settled();
    assert.deepEqual([engine.asked, shown], [4, 4]);
  });

  it('forgets of a container what its events name, as Docker writes them before and since version 29', async () => {
    const engine = new EngineWithEvents();
    await follow(engine);
    engine.forgotten.length = 0;
    engine.stream.write(`{"id":"${ID}","status":"start"}\n{"Type":"container","Actor":{"ID":"${ID}"}}\nnonsense\n`);
    await settled();
    assert.deepEqual(engine.forgotten, [ID, ID, undefined]);
  });
});
