// Container images for the tests, made on the spot from the machine's static busybox: no registry is asked.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { run } from './run';
import { tar, type TarEntry } from './tar';

/** A small machine: busybox with all its applets, and a shell. It sleeps until it is told otherwise. */
export const BUSYBOX_IMAGE = 'localhost/busybox:test';
/** One file, a web server on port 8080: no shell, no tools. */
export const NO_SHELL_IMAGE = 'localhost/noshell:test';

const BUSYBOX = '/bin/busybox';
const FOLDERS = 'bin dev etc home proc root run srv sys tmp usr usr/bin var'.split(' ');
const FILES = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nwww:x:1000:1000:www:/home:/bin/sh\n',
  'etc/group': 'root:x:0:\nwww:x:1000:\n',
  'etc/os-release': 'ID=busybox\nPRETTY_NAME="busybox"\n',
  'srv/index.html': 'hello from inside\n',
};

async function busyboxTree(): Promise<TarEntry[]> {
  const applets = (await run(BUSYBOX, ['--list'])).trim().split('\n');
  return [
    ...FOLDERS.map((name): TarEntry => ({ name, type: 'folder', mode: name === 'tmp' ? 0o1777 : 0o755 })),
    { name: 'bin/busybox', type: 'file', data: readFileSync(BUSYBOX), mode: 0o755 },
    ...applets
      .filter((applet) => applet !== 'busybox')
      .map((applet): TarEntry => ({ name: `bin/${applet}`, type: 'link', target: '/bin/busybox' })),
    ...Object.entries(FILES).map(([name, data]): TarEntry => ({ name, type: 'file', data })),
  ];
}

/** The archive format that `docker load` reads: one layer, its description, and a manifest. */
function archive(tag: string, tree: readonly TarEntry[], config: object): Buffer {
  const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
  const layer = tar(tree);
  const digest = sha256(layer);
  const description = JSON.stringify({
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created_by: 'test/support/images.ts' }],
  });
  const descriptionName = `${sha256(description)}.json`;
  return tar([
    { name: descriptionName, type: 'file', data: description },
    { name: digest, type: 'folder' },
    { name: `${digest}/layer.tar`, type: 'file', data: layer },
    {
      name: 'manifest.json',
      type: 'file',
      data: JSON.stringify([{ Config: descriptionName, RepoTags: [tag], Layers: [`${digest}/layer.tar`] }]),
    },
  ]);
}

export async function busyboxImage(): Promise<Buffer> {
  return archive(BUSYBOX_IMAGE, await busyboxTree(), { Cmd: ['sleep', '1000000'], Env: ['PATH=/bin:/usr/bin'] });
}

export function noShellImage(): Buffer {
  // busybox goes by the name that it is called by.
  const tree: TarEntry[] = [{ name: 'httpd', type: 'file', data: readFileSync(BUSYBOX), mode: 0o755 }];
  return archive(NO_SHELL_IMAGE, tree, { Entrypoint: ['/httpd', '-f', '-p', '8080'] });
}
