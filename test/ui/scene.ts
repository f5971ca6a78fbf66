// What the tests of this folder have in common: a throw-away user with a folder, their editor with the packed extension in a
// browser, a picture at the end of each test. Made in `before` hooks; taken away again, last things first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run, waitFor } from '../support/run';
import { type Sandbox, type SandboxOptions, startSandbox } from '../support/sandbox';
import { makeUser, type SudoRule, type TestUser } from '../support/users';
import { openWorkbench, type Workbench, type WorkbenchOptions } from '../support/workbench';

export interface EditorOptions extends Pick<WorkbenchOptions, 'settings' | 'language'> {
  user: TestUser;
  /** What is in the user's folder, by the path in it. */
  files?: Readonly<Record<string, string>>;
}

export class Scene {
  readonly #undo: (() => Promise<void>)[] = [];
  #workbench: Workbench | undefined;

  /** For the `describe` that it is made in; `pictures` is what the names of its screenshots begin with. */
  constructor(private readonly pictures: string) {
    const endTest = (test: Mocha.Test | undefined): Promise<void> => this.#endTest(test);
    afterEach(function () {
      return endTest(this.currentTest);
    });
    after(async () => {
      for (const step of this.#undo.reverse()) await step();
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

  async editor({ user, files = {}, ...options }: EditorOptions): Promise<Workbench> {
    const folder = join(user.home, 'project');
    mkdirSync(folder);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    await run('chown', ['-R', `${user.name}:`, folder]);
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
    await workbench.page.keyboard.press('Escape');
    await workbench.runCommand('Terminal: Kill All Terminals');
    await waitFor('the terminals to be gone', async () => (await terminals(workbench)) === 0);
  }
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
