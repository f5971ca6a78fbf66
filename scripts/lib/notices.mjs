// What the packages inside the bundles ask for in return: their licences, in one text. Which packages these are, esbuild
// says; koffi, whose native file lies beside the bundles, is named by hand.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const KOFFI = 'node_modules/koffi';
/** Compiled into koffi's native file. */
const KOFFI_PARTS = ['node-addon-api', 'node-api-headers'];
const RULE = '─'.repeat(80);

/** The folders of the packages that have code in a bundle, from esbuild's metafiles. */
export function bundledFolders(metafiles) {
  const files = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)));
  // The innermost: packages have packages of their own.
  const folders = files.map((file) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set([...folders.filter((folder) => folder !== undefined), KOFFI])];
}

export function thirdPartyNotices(folders) {
  const packages = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return entry(`${name} ${version} (${license})`, licenceText(folder));
  });
  const parts = KOFFI_PARTS.map((part) => entry(`${part}, in koffi`, licenceText(join(KOFFI, 'vendor', part))));
  return `The files beside this one contain these packages:\n\n${[...packages, ...parts].sort().join('\n')}`;
}

const entry = (title, text) => `${RULE}\n${title}\n\n${text}\n`;

function licenceText(folder) {
  const name = readdirSync(folder).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  if (!name) throw new Error(`${folder}: has no file with its licence, so it cannot be bundled`);
  return readFileSync(join(folder, name), 'utf8').trim();
}
