// What activate() does not need. Each of these is a bundle of its own (scripts/build.mjs), loaded when VS Code first calls what it
// has: V8 looks through the whole of a file before it runs any of it, and all of them together would keep the event loop for too
// long. To load one has a turn of its own, and so has to build the parts in it. What a bundle has, its file imports.
import { l10n } from 'vscode';
import type { translateWith } from './l10n';
import type { Given } from './parts/given';
import { reportFailure } from './report';

export type Parts = ReturnType<typeof partsOf>;

export function partsOf(given: Given) {
  /** Looks at the machine, and makes the rows of both views. */
  const view = part(given, nothing, () => import('./parts/view'));
  /** Offers tasks and starts them, and answers the launchers of terminals too. */
  const tasks = part(given, view, () => import('./parts/tasks'));
  const terminals = part(given, tasks, () => import('./parts/terminals'));
  /** The table of all commands, and what carries out those that open no terminal. */
  const commands = part(given, terminals, () => import('./parts/commands'));
  /** For a file of tasks that is open: checks it, and completes in it. Needs none of the others. */
  const tasksFile = once(() => told(given, () => loaded(given, () => import('./tasks/tasksFile'))));
  return { view, tasks, terminals, commands, tasksFile };
}

interface Bundle {
  /** Each has an l10n.ts of its own. */
  readonly translateWith: typeof translateWith;
}

interface PartsBundle<Before, Made> extends Bundle {
  readonly makeParts: (given: Given, before: Before) => Made;
}

const nothing = (): Promise<object> => Promise.resolve({});

/** Those in a bundle and all `before` them, of which they are built. */
function part<Before extends object, Made extends object>(
  given: Given,
  before: () => Promise<Before>,
  load: () => Promise<PartsBundle<Before, Made>>,
): () => Promise<Before & Made> {
  return once(async () => {
    const others = await before();
    return told(given, async () => {
      const { makeParts } = await loaded(given, load);
      await nextTurn();
      return { ...others, ...makeParts(given, others) };
    });
  });
}

/** That of the call may be the turn of activate(). */
async function loaded<Loaded extends Bundle>(given: Given, load: () => Promise<Loaded>): Promise<Loaded> {
  await nextTurn();
  given.firstNeed();
  await nextTurn();
  const bundle = await load();
  bundle.translateWith((message, ...values) => l10n.t(message, ...values));
  return bundle;
}

async function told<T>(given: Given, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    void reportFailure(given.log(), l10n.t('Loading the extension'), error);
    throw error;
  }
}

const nextTurn = (): Promise<void> => new Promise((turn) => setImmediate(turn));

/** At the first call, for all; after a failure the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));
}
