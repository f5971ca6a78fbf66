// What the tests of this folder have in common: a throw-away user with a folder, their editor with the packed extension in a
// browser, a picture at the end of each test. Made in `before` hooks; taken away again, last things first. Messages that pop up
// and that no test waited for count as a failure: nobody asked for them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Docker, startDocker } from '../support/docker';
import { run, waitFor } from '../support/run';
import { type Sandbox, type SandboxOptions, startSandbox } from '../support/sandbox';
import { makeUser, type SudoRule, type TestUser } from '../support/users';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../support/workbench';

export interface EditorOptions extends Pick<WorkbenchOptions, 'settings' | 'language'> {
  user: TestUser;
  /** What is in the user's folder, by the path in it; null: no folder is open. */
  files?: Readonly<Record<string, string>> | null;
}

export class Scene {
  readonly #undo: (() => Promise<void>)[] = [];
  /** Messages that nobody asked for, with the test in which they popped up. */
  readonly #unexpected: string[] = [];
  #workbench: Workbench | undefined;

  /** For the `describe` that it is made in; `pictures` is what the names of its screenshots begin with. */
  constructor(private readonly pictures: string) {
    const endTest = (test: Mocha.Test | undefined): Promise<void> => this.#endTest(test);
    afterEach(function () {
      return endTest(this.currentTest);
    });
    after(async () => {
      for (const step of this.#undo.reverse()) await step();
      // Not after each test: mocha would leave out those that follow.
      assert.deepEqual(this.#unexpected, [], 'messages popped up that no test waited for');
    });
  }

  /** Keeps in mind what takes something away again. */
  undo(step: () => Promise<void>): void {
    this.#undo.push(step);
  }

  async user(sudo: SudoRule): Promise<TestUser> {
    const user = await makeUser(sudo);
    this.undo(() => user.remove());
    return user;
  }

  async sandbox(options: SandboxOptions): Promise<Sandbox> {
    const sandbox = await startSandbox(options);
    this.undo(() => sandbox.stop());
    return sandbox;
  }

  /** A Docker engine that the user may talk to. */
  async docker(user: TestUser): Promise<Docker> {
    const docker = await startDocker({ group: user.name });
    this.undo(() => docker.stop());
    return docker;
  }

  async editor({ user, files = {}, ...options }: EditorOptions): Promise<Workbench> {
    const folder = files ? await makeProject(user, files) : undefined;
    const vsix = need('NAMESPACES_TEST_VSIX');
    const artifacts = need('NAMESPACES_TEST_ARTIFACTS');
    const workbench = await openWorkbench({ ...options, user, folder, vsix, artifacts });
    this.undo(workbench.close);
    return (this.#workbench = workbench);
  }

  /** The next test begins without terminals, and without a quick pick that a failure left open. */
  async #endTest(test: Mocha.Test | undefined): Promise<void> {
    const workbench = this.#workbench;
    if (!workbench) return;
    await workbench.screenshot(`${this.pictures} ${test?.state ?? 'unknown'} ${test?.title ?? ''}`);
    const messages = workbench.unexpectedMessages();
    this.#unexpected.push(...messages.map((message) => `${test?.title ?? ''}: ${message}`));
    await workbench.page.keyboard.press('Escape');
    if ((await terminals(workbench)) === 0) return;
    await workbench.runCommand('Terminal: Kill All Terminals');
    await waitFor('the terminals to be gone', async () => (await terminals(workbench)) === 0);
  }
}

/** The user's folder, with these files by their path in it. */
async function makeProject(user: TestUser, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(user.home, 'project');
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await run('chown', ['-R', `${user.name}:`, folder]);
  return folder;
}

/** How many there are. */
export function terminals(workbench: Workbench): Promise<number> {
  return workbench.page.locator('.terminal-wrapper').count();
}

function need(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run these tests by npm test`);
  return value;
}
