// The platforms that packages are made for, in vsce's words, and where koffi's native file for each is. There is no
// alpine-armhf: koffi is not built for musl on 32-bit ARM, and VS Code has no server for it either.

export const PLATFORMS = {
  'linux-x64': { package: '@koromix/koffi-linux-x64', file: 'linux_x64/koffi.node' },
  'linux-arm64': { package: '@koromix/koffi-linux-arm64', file: 'linux_arm64/koffi.node' },
  'linux-armhf': { package: '@koromix/koffi-linux-arm', file: 'linux_armhf/koffi.node' },
  'alpine-x64': { package: '@koromix/koffi-linux-x64', file: 'musl_x64/koffi.node' },
  'alpine-arm64': { package: '@koromix/koffi-linux-arm64', file: 'musl_arm64/koffi.node' },
};

/** The one that this runs on; it may be one that there is no package for. */
export function platformTarget() {
  // Only glibc's Node reports the C library's version.
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const libc = header.glibcVersionRuntime ? 'linux' : 'alpine';
  return `${libc}-${process.arch === 'arm' ? 'armhf' : process.arch}`;
}
