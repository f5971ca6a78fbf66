// How a terminal's tab says where one is: the icon for what one is in, the colour for whose it is.
import { ThemeColor, ThemeIcon } from 'vscode';
import type { EnterPlan } from '../plan/enterPlan';
import { type Chosen, identityOf } from '../select/selection';

/** Codicons for being among an engine's files. */
const ICONS: Record<string, string> = {
  kubernetes: 'layers',
  lxc: 'server-environment',
  lxd: 'server-environment',
  incus: 'server-environment',
  nspawn: 'server-environment',
  flatpak: 'beaker',
  bubblewrap: 'beaker',
  firejail: 'beaker',
  sandbox: 'beaker',
};
const OTHER_ICON = 'vm';
const COLORS: Record<string, string> = {
  docker: 'terminal.ansiBlue',
  podman: 'terminal.ansiMagenta',
  containerd: 'terminal.ansiCyan',
  kubernetes: 'terminal.ansiBrightBlue',
  lxc: 'terminal.ansiYellow',
  lxd: 'terminal.ansiBrightYellow',
  incus: 'terminal.ansiRed',
  nspawn: 'terminal.ansiBrightMagenta',
  flatpak: 'terminal.ansiBrightCyan',
  netns: 'terminal.ansiGreen',
};
const OTHER_COLOR = 'terminal.ansiBrightGreen';

export function iconOf(plan: EnterPlan, chosen: readonly Chosen[]): ThemeIcon {
  if (chosen.length === 0) return new ThemeIcon('add');
  // Among one's own files, it is the network or another part that is different.
  if (plan.keepEnvironment) return new ThemeIcon('globe');
  return new ThemeIcon(ICONS[engineOf(chosen)] ?? OTHER_ICON);
}

export function colorOf(chosen: readonly Chosen[]): ThemeColor {
  return colorFor(engineOf(chosen));
}

export function colorFor(engine: string): ThemeColor {
  return new ThemeColor(COLORS[engine] ?? OTHER_COLOR);
}

/** Of a mixture, whose files or else whose process one has. */
const engineOf = (chosen: readonly Chosen[]): string => (identityOf(chosen) ?? chosen[0]?.container)?.engine ?? '';
