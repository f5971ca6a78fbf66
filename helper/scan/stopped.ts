// Containers that do not run, by the files of their engines. Those of root and of whoever called: nobody else's folders are
// looked into for what does not run.
import { callersUid } from '../enter/caller';
import type { ScannedContainer, StoppedContainer } from '../protocol';
import type { Accounts } from './accounts';
import { type Budget, SpentError } from './budget';
import type { Memory } from './memory';
import type { Facts } from './runtimes/facts';
import { listStore, markOf, usualStores, type Store } from './runtimes/stores';

export interface StoppedSources {
  /** Those that run. */
  readonly containers: readonly ScannedContainer[];
  /** Beside the usual ones. */
  readonly stores: readonly Store[];
  readonly accounts: Accounts;
  readonly memory: Memory;
  /** For what a user can make as long as they like. */
  readonly budget: Budget;
}

export function listStopped({ containers, stores, accounts, memory, budget }: StoppedSources): StoppedContainer[] {
  const uid = callersUid(process.env);
  const usual = usualStores({ uid, home: accounts.home(uid) });
  const running = new Set(containers.map(keyOf));
  const found = new Map<string, StoppedContainer>();
  for (const store of [...usual, ...stores.filter((each) => each.uid === 0 || each.uid === uid)]) {
    const listed = memory.keep(
      `store ${store.path}`,
      () => markOf(store),
      () => (store.uid === 0 ? listStore(store) : spendOn(store, budget)),
    );
    for (const { engine, name, id, engineNamespace, image, labels, pod } of listed) {
      if (id === null) continue;
      const container: StoppedContainer = {
        engine,
        name,
        id,
        engineNamespace,
        user: accounts.name(store.uid),
        rootless: store.uid !== 0,
        image,
        labels,
        pod,
        composeProject: labels['com.docker.compose.project'] ?? null,
        composeService: labels['com.docker.compose.service'] ?? null,
      };
      const key = keyOf(container);
      if (!running.has(key) && !found.has(key)) found.set(key, container);
    }
  }
  return [...found.values()];
}

function spendOn(store: Store, budget: Budget): Facts[] {
  try {
    return budget.spend((isSpent) => listStore(store, isSpent));
  } catch (error) {
    if (!(error instanceof SpentError)) throw error;
    return [];
  }
}

function keyOf({ engine, user, engineNamespace, id }: Omit<StoppedContainer, 'id'> & { id: string | null }): string {
  return JSON.stringify([engine, user, engineNamespace, id]);
}
