// Somebody whose sudo asks for no password works all the time: fifty terminals opened and closed, tasks while their container
// is restarted, the extension host killed in the middle of it.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { signal, waitFor } from '../../support/run';
import { type Sandbox, startSandbox } from '../../support/sandbox';
import { makeUser } from '../../support/users';
import type { Editor } from '../editor';
import { ancestry } from '../leftBehind';
import { openEditor } from '../openEditor';
import { type Lane, openStepByStep, type Scenario } from '../scenario';
import { changeUsers, type Stage } from '../stage';
import { engineAway, shownAsEngineTells } from './engineSeen';
import { weight } from './weight';

const TERMINALS = 50;
/** Of the sandboxes. */
const ADDRESSES = { one: '10.81.0.1', two: '10.81.0.2' };
/** The tasks' labels. */
const [IN_SANDBOX, IN_KEEPER] = ['in a sandbox', 'in the keeper'];

export const terminalsLane: Lane = {
  name: 'terminals',
  open: (stage) =>
    openStepByStep(async (undo) => {
      const user = await makeUser('nopasswd');
      undo(() => user.remove());
      stage.marks.add(user.name);
      await changeUsers('usermod', '--append', '--groups', stage.group, user.name);
      const boxes: Sandbox[] = [];
      for (const [name, address] of Object.entries(ADDRESSES)) {
        const types = ['net', 'uts'] as const;
        const box = await startSandbox({ name: `${name}-${stage.tag}`, types, address: `${address}/24` });
        undo(() => box.stop());
        boxes.push(box);
      }
      // An engine that comes back starts it again.
      const keeper = `keeper-${stage.tag}`;
      await stage.turn(async () => {
        stage.marks.add(await stage.docker.run(keeper, { args: ['--restart', 'always', '--hostname', keeper] }));
      });
      undo(() => stage.turn(() => stage.docker.cli('rm', '--force', keeper)).then(() => undefined));
      const tasks = [
        task(IN_SANDBOX, { container: `one-${stage.tag}`, namespaces: ['net'] }, 'ip -brief address'),
        task(IN_KEEPER, { container: keeper, namespaces: ['uts'], waitFor: 90 }, 'hostname'),
      ];
      const editor = await openEditor(stage, { name: 'terminals', user, tasks });
      undo(() => editor.close());
      return {
        scenarios: [
          tasksOf(editor, stage, keeper),
          hostKilled(editor, stage, boxes),
          weight(editor),
          fifty(editor, stage, boxes),
          engineAway(editor, stage, keeper),
          shownAsEngineTells(editor, stage),
        ],
        capture: (scenario) => editor.workbench.screenshot(scenario),
      };
    }),
};

function task(label: string, where: object, line: string): object {
  // Without a matcher, VS Code asks which problems to look for.
  return { type: 'namespace', label, problemMatcher: [], ...where, shellCommand: `${line}; echo "ended: $?"` };
}

function fifty(editor: Editor, stage: Stage, boxes: readonly Sandbox[]): Scenario {
  return {
    name: `${TERMINALS} terminals are opened, and closed again`,
    holds:
      'each is in the network that was chosen, and no message pops up; none and no helper is left when they are closed',
    async run() {
      const { workbench } = editor;
      // Those of what was done before.
      workbench.unexpectedMessages();
      const networks = boxes.map(({ pid }) => statSync(`/proc/${pid}/ns/net`).ino);
      const began = Date.now();
      for (const [at, name] of ['one', 'two'].entries()) {
        await editor.showOnly(`${name}-${stage.tag}`);
        for (let count = 1; count <= TERMINALS / 2; count++) {
          const isOpen = (): boolean => editor.shellsIn(networks[at] ?? 0).length === count;
          await editor.openInNetwork(`${name}-${stage.tag}`, isOpen);
        }
      }
      const seconds = (Date.now() - began) / 1000;
      await workbench.type('ip -brief address\n');
      await workbench.waitForTerminal(/10\.81\.0\.2/);
      await editor.tidy();
      const open = (): number[] => networks.flatMap((network) => editor.shellsIn(network));
      await waitFor('all of them to end', () => open().length === 0, 60_000).catch((error: unknown) => {
        throw new Error(
          `${String(error)}; left: ${open()
            .map((pid) => ancestry(pid))
            .join('; ')}`,
          { cause: error },
        );
      });
      await waitFor(
        'no helper',
        () => only(editor.helpers(), [...editor.scans('user'), ...editor.scans('root')]),
        60_000,
      );
      assert.deepEqual(editor.forgotten(), []);
      assert.deepEqual(workbench.unexpectedMessages(), [], 'messages');
      return `${(seconds / TERMINALS).toFixed(1)} s each`;
    },
  };
}

function tasksOf(editor: Editor, stage: Stage, keeper: string): Scenario {
  return {
    name: 'tasks are run, also while the engine restarts',
    holds:
      'each runs in its container; where that does not run, it says that it waits, and runs when the container does',
    async run() {
      const { workbench } = editor;
      await stage.turn(async () => {
        await stage.docker.cli('stop', '-t', '0', keeper);
        try {
          await editor.runTask(IN_KEEPER);
          await workbench.waitForTerminal(/Waiting for/);
        } finally {
          await stage.docker.cli('start', keeper);
        }
        await workbench.waitForTerminal(ended(keeper));
        await editor.tidy();
      });
      for (let round = 0; round < 3; round++) {
        for (const [label, seen] of [
          [IN_SANDBOX, ADDRESSES.one],
          [IN_KEEPER, keeper],
        ] as const) {
          await editor.runTask(label);
          await workbench.waitForTerminal(ended(seen), 120_000);
          await editor.tidy();
        }
      }
      return undefined;
    },
  };
}

/** A task's terminal, in which it said this. */
const ended = (said: string): RegExp => new RegExp(`${said}[^]*ended: 0[^]*Terminal will be reused`);

function hostKilled(editor: Editor, stage: Stage, boxes: readonly Sandbox[]): Scenario {
  return {
    name: 'the extension host is killed while terminals are open and the view is unlocked',
    holds:
      'terminals go on; every scan ends; the next host shows the view, opens terminals, and removes the folder of the first',
    async run() {
      const { workbench } = editor;
      const name = `one-${stage.tag}`;
      const network = statSync(`/proc/${boxes[0]?.pid ?? 0}/ns/net`).ino;
      await editor.showOnly(name);
      await workbench.runCommand('Namespaces: Unlock');
      await waitFor('the scan as root', () => editor.scans('root').length > 0, 60_000);
      await editor.openInNetwork(name, () => editor.shellsIn(network).length === 1);
      const hosts = editor.hosts();
      const scans = [...editor.scans('root'), ...editor.scans('user')];
      assert.equal(hosts.length, 1, `extension hosts: ${hosts.join(', ')}`);
      const began = Date.now();
      signal(hosts[0] ?? 0, 'SIGKILL');
      await waitFor(
        'its scans to end',
        () => !scans.some((pid) => [...editor.scans('root'), ...editor.scans('user')].includes(pid)),
        30_000,
      );
      const restart = workbench.page.getByRole('button', { name: 'Restart Remote Extension Host' });
      await waitFor(
        'another extension host',
        async () => {
          // Of three that end within five minutes, VS Code asks before it starts the next.
          if (await restart.isVisible()) await restart.click();
          return editor.hosts().some((pid) => !hosts.includes(pid));
        },
        60_000,
      );
      assert.equal(editor.shellsIn(network).length, 1, 'the terminal is gone');
      await workbench.type('echo still-$((1 + 1))\n');
      await workbench.waitForTerminal(/still-2/);
      await waitFor('its view', () => editor.scans('user').length === 1, 60_000);
      const seconds = (Date.now() - began) / 1000;
      await editor.showOnly(name);
      await editor.openInNetwork(name, () => editor.shellsIn(network).length === 2);
      await editor.tidy();
      await waitFor('the terminals to end', () => editor.shellsIn(network).length === 0, 60_000);
      assert.deepEqual(editor.forgotten(), []);
      return `view back after ${seconds.toFixed(1)} s`;
    },
  };
}

const only = (all: readonly number[], allowed: readonly number[]): boolean => all.every((pid) => allowed.includes(pid));
