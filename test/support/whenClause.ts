// The `when` and `enablement` clauses of package.json, as VS Code reads them: of its language, the part that is used there.

export type Keys = Readonly<Record<string, string | boolean>>;

/** Fails on a clause of a form that it does not know, and on a key that `keys` lacks, rather than to take it for one that holds. */
export function holds(clause: string, keys: Keys): boolean {
  return clause.split(' || ').some((part) => part.split(' && ').every((term) => termHolds(term, keys)));
}

function termHolds(term: string, keys: Keys): boolean {
  if (term === 'true' || term === 'false') return term === 'true';
  const [, not, name = '', operator, value = ''] = /^(!?)([\w.]+)(?: (==|!=|=~) (\S+|\/.+\/))?$/.exec(term) ?? [];
  const key = keys[name];
  if (key === undefined) throw new Error(`${term}: nobody sets ${name}`);
  if (operator === undefined) return key === (not === '');
  if (operator === '=~') return new RegExp(value.slice(1, -1)).test(String(key));
  return (String(key) === value.replace(/^'(.*)'$/, '$1')) === (operator === '==');
}

/** All clauses below a value of package.json. */
export function clausesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    (name === 'when' || name === 'enablement') && typeof each === 'string' ? [each] : clausesIn(each),
  );
}
