// A page of plain text in sections of aligned rows. Strangers' text in it is made plain here, once. Pure.
import { plain } from '../model/text';

export interface Section {
  readonly title: string;
  /** Label and value; a row with one text is that alone. */
  readonly rows: readonly (readonly string[])[];
}

const LONGEST = 400;
/** More than a person reads; a host with thousands of mounts must not fill the editor's memory. */
const MOST_ROWS = 500;

export function formatPage(title: string, sections: readonly Section[]): string {
  const parts = sections.filter(({ rows }) => rows.length > 0).map(formatSection);
  return `${[plain(title, LONGEST), ...parts].join('\n\n')}\n`;
}

function formatSection({ title, rows }: Section): string {
  const shown = rows.slice(0, MOST_ROWS).map((row) => row.map((cell) => plain(cell, LONGEST)));
  const widths: number[] = [];
  // A row's last cell takes what room there is, and widens nothing.
  for (const row of shown) {
    row.slice(0, -1).forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  const lines = shown.map((row) => {
    const cells = row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)));
    return `  ${cells.join('  ')}`.trimEnd();
  });
  const more = rows.length > MOST_ROWS ? [`  … ${rows.length - MOST_ROWS}`] : [];
  return [title, ...lines, ...more].join('\n');
}
