// What is loaded when a file of tasks is opened, and not before. It is a bundle of its own (scripts/build.mjs), with an l10n.ts
// of its own, so whoever loads it hands in the translation.
export { translateWith } from '../l10n';
export { readPresets } from '../plan/presetsSetting';
export { checkTasksFile } from './checkTasksFile';
export { makeTasksSchema } from './tasksSchema';
