// Lint rules: typescript-eslint's strict set, plus the walls between the parts (see extension/README.md).
import tseslint from 'typescript-eslint';

/**
 * @param {import('eslint').Linter.Config['files']} files
 * @param {{ group: string[], message: string }[]} patterns
 * @param {string[]} ignores
 * @returns {import('eslint').Linter.Config}
 */
const wall = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
});
const noVscode = { group: ['vscode'], message: 'This part is pure: no vscode.' };
const noKoffi = {
  group: ['koffi', './koffi.node', '**/koffi.node'],
  message: 'Only helper/syscalls/libc.ts loads koffi.',
};
const noHelper = {
  group: ['**/helper/**', '!**/helper/protocol', '!**/helper/namespaceTypes'],
  message: 'The extension may import only protocol and namespaceTypes from the helper.',
};

/** Folders of the extension in the order in which they may know each other: each imports from those before it alone. */
const ORDER = [
  ...['model', 'shared', 'discover', 'inspect', 'select', 'tree', 'plan'],
  ...['launch', 'terminal', 'tasks', 'commands'],
];
const noWayBack = (folder) => ({
  group: ORDER.slice(ORDER.indexOf(folder) + 1).map((later) => `**/${later}/**`),
  message: `What ${folder} gives goes on to this part, and nothing comes back (ORDER in scripts/eslint.config.mjs).`,
});

const USES_VSCODE = [
  'extension/{main,settings,report}.ts',
  'extension/select/picker.ts',
  'extension/**/*Provider.ts',
  'extension/terminal/**',
  'extension/commands/**',
];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '**/*.cjs'] },
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: new URL('..', import.meta.url).pathname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-console': 'error',
    },
  },
  // What is written in JavaScript has fewer types than those rules ask for; tsc checks what it has (tsconfig.json here).
  { files: ['**/*.mjs'], extends: [tseslint.configs.strict] },
  { rules: { eqeqeq: 'error' } },
  wall(['extension/{main,parts}.ts', 'extension/parts/**/*.ts'], [noKoffi, noHelper]),
  // Every part may import these, so that they know the first of them alone.
  wall(['extension/{ids,l10n}.ts'], [noKoffi, noHelper, noVscode, noWayBack('model')]),
  wall(['extension/{settings,report}.ts'], [noKoffi, noHelper, noWayBack('model')]),
  ...ORDER.slice(0, -1).flatMap((folder) => [
    wall([`extension/${folder}/**/*.ts`], [noKoffi, noHelper, noVscode, noWayBack(folder)], USES_VSCODE),
    wall(
      USES_VSCODE.map((part) => [`extension/${folder}/**`, part]),
      [noKoffi, noHelper, noWayBack(folder)],
    ),
  ]),
  wall(['extension/commands/**/*.ts'], [noKoffi, noHelper]),
  wall(
    ['helper/**/*.ts'],
    [noKoffi, noVscode, { group: ['**/extension/**'], message: 'The helper imports nothing from the extension.' }],
    ['helper/syscalls/libc.ts'],
  ),
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
);
