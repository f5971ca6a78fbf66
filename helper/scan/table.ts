// The scan as a table for people. Pure. A namespace is written as `enter --join` takes it.
import { NAMESPACE_NAMES } from '../namespaceTypes';
import type { ScanDocument, ScannedContainer } from '../protocol';

const LONGEST = 40;

export function scanTable({ host, containers }: ScanDocument): string {
  const rows = containers.map((container) => [
    onOneLine(container.name),
    container.engine,
    String(container.pid),
    String(container.uid),
    ownNamespaces(container, host),
  ]);
  return table([['NAME', 'ENGINE', 'PID', 'UID', 'NAMESPACES'], ...rows]);
}

/** Types of which the host's is shared are left out: there is nothing to join. */
function ownNamespaces({ namespaces, locked }: ScannedContainer, host: ScanDocument['host']): string {
  const own = NAMESPACE_NAMES.filter((type) => namespaces[type] !== undefined && namespaces[type] !== host[type]);
  const texts = own.map((type) => `${type}=${String(namespaces[type])}`);
  return [...texts, ...(locked.length > 0 ? [`locked: ${locked.join(' ')}`] : [])].join(',');
}

/** A process chooses its name: whatever is no visible character must not reach the terminal. */
function onOneLine(text: string): string {
  const visible = text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return visible.length > LONGEST ? `${visible.slice(0, LONGEST - 1)}…` : visible;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (longest, row) => row.map((cell, at) => Math.max(cell.length, longest[at] ?? 0)),
    [],
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
