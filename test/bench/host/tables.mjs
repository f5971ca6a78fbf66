// The tables of host.mjs: rows of milliseconds below headings.

export const inMs = (value) => `${value.toFixed(1)} ms`;

/**
 * @typedef {{ headings: string[], rows: { name: string, values: number[] }[] }} Table
 * @param {string} title @param {Table} table
 */
export function markdown(title, { headings, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line([title, ...headings]),
    line(['---', ...headings.map(() => '---:')]),
    ...rows.map(({ name, values }) => line([name, ...values.map(inMs)])),
  ].join('\n');
}

/** As bench.mjs wants them. @param {Table} table */
export const rowsOf = ({ headings, rows }) =>
  rows.flatMap(({ name, values }) =>
    values.map((value, at) => ({ name: `${name}: ${headings[at]}`, value, unit: 'ms' })),
  );
