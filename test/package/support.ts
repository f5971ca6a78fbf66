// Where the packages are that `npm run package` makes.
import { readFileSync } from 'node:fs';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string; version: string };

export const vsixOf = (target: string, folder = '.'): string => `${folder}/${name}-${target}-${version}.vsix`;
