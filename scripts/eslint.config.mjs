// Lint rules: typescript-eslint's strict set, plus the walls between the parts (see extension/README.md).
import tseslint from 'typescript-eslint';

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

const USES_VSCODE = [
  'extension/{main,settings,report}.ts',
  'extension/select/picker.ts',
  'extension/**/*Provider.ts',
  'extension/terminal/**',
  'extension/commands/**',
];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '**/*.mjs', '**/*.cjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: new URL('..', import.meta.url).pathname },
    },
  },
  {
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  wall(['extension/**/*.ts'], [noKoffi, noHelper, noVscode], USES_VSCODE),
  wall(USES_VSCODE, [noKoffi, noHelper]),
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
