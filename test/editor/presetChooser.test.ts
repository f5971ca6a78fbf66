// Who to be by a preset: remembered for each, offered first the next time, and asked for as an id. What the person answers is
// given here; that the questions are shown is tested in extensionCommands.test.ts.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { PresetChooser } from '../../extension/commands/presetChooser';
import { ShellProfileProvider } from '../../extension/commands/shellProfileProvider';
import type { Identity } from '../../extension/plan/enterPlan';
import { readPresets } from '../../extension/plan/presetsSetting';
import { makeContainer } from '../unit/containerFixture';

class Memory implements vscode.Memento {
  readonly #values = new Map<string, unknown>();
  keys = (): readonly string[] => [...this.#values.keys()];
  get = <T>(key: string, usual?: T): T => (this.#values.get(key) ?? usual) as T;
  update = (key: string, value: unknown): Promise<void> => {
    this.#values.set(key, value);
    return Promise.resolve();
  };
}

/** Answers each question by a label, and an input box by a text; keeps what was offered first, and what a box refused. */
class Person {
  readonly firstOffers: string[] = [];
  refused: string[] = [];
  #answers: string[] = [];

  answers(...answers: string[]): void {
    this.#answers = answers;
  }

  showQuickPick = (items: readonly vscode.QuickPickItem[]): Promise<vscode.QuickPickItem | undefined> => {
    this.firstOffers.push(items[0]?.label ?? '');
    const answer = this.#answers.shift();
    return Promise.resolve(items.find(({ label }) => label === answer));
  };

  showInputBox = (box: vscode.InputBoxOptions): Promise<string | undefined> => {
    this.refused = ['', 'root', '-1', '1:'].filter((text) => typeof box.validateInput?.(text) === 'string');
    return Promise.resolve(this.#answers.shift());
  };
}

describe('who to be by a preset', () => {
  const web = makeContainer('web', { net: 1, mnt: 2 }, { pid: 4194305 });
  let memory: Memory;
  let person: Person;
  let chooser: PresetChooser;

  beforeEach(() => {
    [memory, person] = [new Memory(), new Person()];
    const targets = { containers: () => Promise.resolve([web]) };
    const ask = person as unknown as Pick<typeof vscode.window, 'showQuickPick' | 'showInputBox'>;
    chooser = new PresetChooser(targets, () => readPresets([]), memory, ask);
  });

  const chosenAs = async (...answers: string[]): Promise<Identity | undefined> => {
    person.answers(...answers);
    return (await chooser.choose([], 'a title'))?.as;
  };

  it('is what the preset says at first, and afterwards what was taken last, for each preset', async () => {
    assert.equal(await chosenAs('Network only', 'As root'), 'root');
    assert.equal(await chosenAs('Network and processes', 'As yourself, without privileges'), 'me');
    assert.equal(await chosenAs('Network only', 'As root'), 'root');
    assert.deepEqual(
      [1, 3, 5].map((question) => person.firstOffers[question]),
      ['As yourself, without privileges', 'As yourself, without privileges', 'As root'],
    );
  });

  it('is an id that is asked for, and checked', async () => {
    assert.deepEqual(await chosenAs('Network only', 'Another user…', ' 33:44 '), { other: '33:44' });
    assert.deepEqual(person.refused, ['', '-1', '1:']);
    assert.deepEqual(await chosenAs('Network only', 'As user 33:44'), { other: '33:44' });
    assert.equal(person.firstOffers.at(-1), 'As user 33:44');
  });

  it('is not remembered where the person changes their mind', async () => {
    assert.equal(await chosenAs('Network only'), undefined);
    assert.equal(await chosenAs('Network only', 'Another user…'), undefined);
    assert.deepEqual(memory.keys(), []);
  });

  it('is what the preset says where nonsense is remembered', async () => {
    await memory.update('presets.identity', { 'Network only': 'nobody; id' });
    await chosenAs('Network only');
    assert.equal(person.firstOffers.at(-1), 'As yourself, without privileges');
  });

  it('leaves VS Code without a profile, and without a message, where nothing is chosen or that failed', async () => {
    const reported: unknown[] = [];
    const report = (error: unknown): Promise<void> => Promise.resolve(void reported.push(error));
    const terminals = { optionsFor: () => Promise.reject(new Error('no terminal')) };
    const provider = new ShellProfileProvider(chooser, terminals, report);
    await assert.rejects(provider.provideTerminalProfile(), { message: '' });
    assert.deepEqual(reported, []);
    person.answers('Network only', 'As yourself, without privileges');
    await assert.rejects(provider.provideTerminalProfile(), { message: '' });
    assert.deepEqual(reported.map(String), ['Error: no terminal']);
  });
});
