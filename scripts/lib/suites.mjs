// What `npm test` runs, in this order: checks of the sources (one test each), then suites of tests. A table, so that the
// runner knows nothing about any one of them.
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

const module = (path) => join(ROOT, 'node_modules', path);

/** Checks run under the tools' Node; exit code 0 is a pass. */
export const CHECKS = [
  { name: 'format', argv: [module('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { name: 'lint', argv: [module('eslint/bin/eslint.js'), '-c', 'scripts/eslint.config.mjs', '.'] },
  { name: 'typecheck', argv: [module('typescript/bin/tsc'), '-p', '.'] },
  { name: 'typecheck-js', argv: [module('typescript/bin/tsc'), '-p', 'scripts'] },
];

const KERNEL = [
  { program: 'unshare', package: 'util-linux' },
  { program: 'ip', package: 'iproute2' },
  { program: 'sudo', package: 'sudo' },
  { program: 'ps', package: 'procps' },
];
/** A Docker engine of one's own; not for the tests alone. */
export const ENGINES = [
  ...KERNEL,
  { program: 'dockerd', package: 'docker.io' },
  { program: 'containerd', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'iptables', package: 'iptables' },
  // /bin/busybox alone may be the other package's, which cannot run in an image without libraries.
  { package: 'busybox-static' },
];
const ROOTLESS = [
  { program: 'podman', package: 'podman' },
  { program: 'newuidmap', package: 'uidmap' },
];
/** Whose containers the scan names by itself; the tests of one that cannot run are skipped. */
const SCANNED = [
  ...ROOTLESS,
  { program: 'crun', package: 'crun' },
  { program: 'lxc-start', package: 'lxc' },
  // Elsewhere it comes as a snap, or as its heir.
  { program: 'lxd', package: 'lxd', only: 'debian' },
  { program: 'systemd-nspawn', package: 'systemd-container' },
  { program: 'bwrap', package: 'bubblewrap' },
  { program: 'flatpak', package: 'flatpak' },
  // For Flatpak's bus.
  { program: 'dbus-daemon', package: 'dbus-daemon' },
  { program: 'firejail', package: 'firejail' },
  // For Docker's engine of a user's own.
  { program: 'rootlesskit', package: 'rootlesskit' },
];
const EDITOR = [...KERNEL, { program: 'chromium', package: 'chromium' }, { package: 'fonts-dejavu-core' }];

/** With each of which VS Code's shell integration is tested; bash is everywhere. */
const SHELLS = [
  { program: 'zsh', package: 'zsh' },
  { program: 'fish', package: 'fish' },
];

/** For the machine code of a joiner, on all processors that there are packages for. */
const PROCESSORS = [
  { program: 'x86_64-linux-gnu-as', package: 'binutils-x86-64-linux-gnu' },
  { program: 'aarch64-linux-gnu-as', package: 'binutils-aarch64-linux-gnu' },
  { program: 'arm-linux-gnueabihf-as', package: 'binutils-arm-linux-gnueabihf' },
  { program: 'qemu-aarch64', package: 'qemu-user' },
];

const MUSL = [{ package: 'musl' }, { program: 'gcc', package: 'gcc' }, { package: 'busybox-static' }];

/** Engines, an editor and a browser; the font is for the screenshots in Chinese. Not for the tests alone. */
export const UI_TOOLS = [...ENGINES, ...ROOTLESS, ...EDITOR, { package: 'fonts-wqy-microhei' }];

/** Suites are the folders below test/. `root`: needs it, for namespaces, daemons and throw-away users. */
export const SUITES = [
  { name: 'unit', root: false, timeoutMs: 20_000, tools: [] },
  {
    name: 'kernel',
    root: true,
    timeoutMs: 30_000,
    tools: [...KERNEL, ...PROCESSORS, { program: 'patchelf', package: 'patchelf' }],
  },
  // Packages for all platforms, and the bundles on other versions of Node and on musl.
  { name: 'package', root: true, timeoutMs: 60_000, tools: [...KERNEL, ...MUSL], vsix: 'all', otherNodes: true },
  { name: 'engines', root: true, timeoutMs: 120_000, tools: [...ENGINES, ...SCANNED] },
  { name: 'editor', root: true, timeoutMs: 60_000, tools: [...EDITOR, ...SHELLS], codeServer: true },
  {
    name: 'ui',
    root: true,
    timeoutMs: 180_000,
    tools: UI_TOOLS,
    codeServer: true,
    vsix: 'own',
  },
];
