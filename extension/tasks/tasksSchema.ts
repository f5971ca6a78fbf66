// What a file of tasks may hold that depends on settings, as a JSON schema: the names of presets, for completion. All else is
// in package.json, or in checkTasksFile.ts. Pure: no vscode, no I/O.
import { TASK_TYPE } from '../ids';
import { t } from '../l10n';
import type { Preset } from '../plan/presets';

/** Of a tasks.json, and of a .code-workspace file, which has below "tasks" what a tasks.json is. It allows everything. */
export function makeTasksSchema(presets: readonly Pick<Preset, 'name' | 'types'>[]): object {
  const preset = {
    anyOf: [
      {
        enum: presets.map(({ name }) => name),
        enumDescriptions: presets.map(({ types }) => (types === 'all' ? t('all of its namespaces') : types.join(', '))),
      },
      // A variable may become the name of one, and what is none is marked by checkTasksFile.ts.
      {},
    ],
  };
  const task = {
    if: { properties: { type: { const: TASK_TYPE } }, required: ['type'] },
    then: { properties: { preset } },
  };
  const tasks = { items: task };
  return { properties: { tasks: { ...tasks, properties: { tasks } } } };
}
