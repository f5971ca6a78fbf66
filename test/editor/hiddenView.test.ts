// What the extension does while nobody sees its view: nothing. That it does nothing when it is activated is a unit test's.
import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { VIEWS } from '../../extension/ids';
import { waitFor } from '../support/run';
import { activate, extension } from './support';

/** What wakes a process up, or lives beside it: as async_hooks calls timers, child processes and sockets. */
const AWAKE = ['Timeout', 'Immediate', 'PROCESSWRAP', 'PIPEWRAP', 'TCPWRAP', 'FSEVENTWRAP', 'STATWATCHER'];

describe('the view in the extension host', () => {
  const dist = join(extension().extensionPath, 'dist');
  const own = new Map<number, string>();
  const hook = createHook({
    init(id, type) {
      const place = AWAKE.includes(type) ? caller() : '';
      if (place.includes(dist)) own.set(id, `${type}${place}`);
    },
    destroy(id) {
      own.delete(id);
    },
  });
  before(() => hook.enable());
  after(() => hook.disable());

  it('follows the machine while it is seen, and leaves no timer, process or socket when it is hidden', async () => {
    // Other tests may have left the view open, and with it a scan that began before anybody listened here.
    await vscode.commands.executeCommand('workbench.view.explorer');
    await waitFor('an earlier scan to end', () => scans().length === 0);
    await vscode.commands.executeCommand(`${VIEWS.containers}.focus`);
    await waitFor('the scan', () => [...own.values()].some((each) => each.startsWith('PROCESSWRAP')));
    const { inventory } = await activate();
    await waitFor('the first picture', () => inventory.latest.namespaces.length > 0);
    await vscode.commands.executeCommand('workbench.view.explorer');
    await waitFor('all of it to end', () => own.size === 0).catch(() => undefined);
    assert.deepEqual([...own.values(), ...scans()], []);
  });
});

/** Command lines of the extension host's children that scan. */
function scans(): string[] {
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return children.map(commandLineOf).filter((line) => line.includes('helper.js') && line.includes('scan'));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Where Node was called: the first place outside of Node and of this file. */
function caller(): string {
  const places = new Error().stack?.split('\n').slice(1) ?? [];
  return places.find((place) => !place.includes(__filename) && !/\(node:|at node:/.test(place)) ?? '';
}
