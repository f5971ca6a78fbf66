// Makes out/musl, a root folder as Alpine has it, with a Node that was made for musl, so that the package for Alpine can be
// run on Debian. npm has no such Node by itself, but pnpm's program for Alpine is one, with pnpm attached to it.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackPackages } from './npmPackages.mjs';
import { ROOT } from './paths.mjs';
import { run } from './run.mjs';

const PNPM = {
  name: '@pnpm/linuxstatic-x64',
  version: '11.21.0',
  integrity: 'sha512-6Y2u+AfOUuTqWgTCpFhySL8HAcONDucCFixKle9tWoW7bm8RF0+fwQBRWNWGdx+Toau07wZ1LNZPqN8gpgeBDQ==',
};
/** Followed by 1 where a program is attached to this Node (nodejs.org/api/single-executable-applications.html). */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
const FROM_DEBIAN = {
  '/lib/x86_64-linux-musl/libc.so': 'lib/ld-musl-x86_64.so.1',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6': 'usr/lib/libstdc++.so.6',
  '/lib/x86_64-linux-gnu/libgcc_s.so.1': 'usr/lib/libgcc_s.so.1',
  '/bin/busybox': 'bin/busybox',
};

/** What the C++ library takes from glibc differs from release to release, and muslShim.c has what Debian 12's does. */
function isKnownMachine() {
  const release = readFileSync('/etc/os-release', 'utf8');
  return process.arch === 'x64' && /^ID=debian$/m.test(release) && /^VERSION_ID="12"$/m.test(release);
}

/**
 * Does nothing elsewhere than on Debian 12 on x64; the tests on musl are skipped then.
 *
 * @param {{ signal?: AbortSignal }} [options]
 */
export async function makeMuslRoot({ signal } = {}) {
  if (!isKnownMachine()) return;
  const root = join(ROOT, 'out/musl');
  for (const folder of ['bin', 'dev', 'etc', 'lib', 'opt', 'proc', 'sys', 'tmp', 'usr/bin', 'usr/lib']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const [from, to] of Object.entries(FROM_DEBIAN)) copyFileSync(from, join(root, to));
  for (const name of ['sh', 'readlink', 'cat', 'nsenter']) symlinkSync('busybox', join(root, 'bin', name));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  const shim = ['-o', join(root, 'usr/lib/ld-linux-x86-64.so.2'), join(ROOT, 'test/package/muslShim.c')];
  const freestanding = ['-O1', '-shared', '-fPIC', '-nostdlib', '-fno-builtin', '-fno-stack-protector'];
  await run('gcc', [...freestanding, ...shim], { signal });
  await bringNode(join(root, 'usr/bin/node'), signal);
}

async function bringNode(file, signal) {
  const scratch = mkdtempSync(join(tmpdir(), 'lns-musl-'));
  try {
    const [folder] = await unpackPackages([PNPM], scratch, { signal });
    const program = readFileSync(join(folder, 'pnpm'));
    const fuse = program.indexOf(`${FUSE}1`);
    if (fuse < 0) throw new Error(`${PNPM.name}: not a Node with a program attached to it`);
    program.write('0', fuse + FUSE.length);
    writeFileSync(file, program, { mode: 0o755 });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
