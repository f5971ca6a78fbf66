// A task's definition as the launcher's arguments and back, one for each value. VS Code puts variables such as
// ${command:…} in where it starts the task, into each argument by itself: so no value, whatever it holds, can become part
// of another, as it could within one JSON text. Knows nothing of what a definition means. Pure.
//
//   container=web   namespaces[]=net   env.NAME=value   waitFor:=30

export function encodeFields(definition: object): string[] {
  return Object.entries(definition).flatMap(([key, value]) => encodeField(key, value));
}

function encodeField(key: string, value: unknown): string[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [`${key}=${value}`];
  if (isTexts(value) && value.length > 0) return value.map((item) => `${key}[]=${item}`);
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const named = entries.every(([name, text]) => typeof text === 'string' && !name.includes('='));
  if (entries.length > 0 && !Array.isArray(value) && named)
    return entries.map(([name, text]) => `${key}.${name}=${String(text)}`);
  // Numbers and what is of no use: nothing in there is for VS Code to replace.
  return [`${key}:=${JSON.stringify(value).replaceAll('$', '\\u0024')}`];
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const FIELD = /^(?<key>\w+)(?<kind>\[\]|:|\.(?<name>[^=]*))?=(?<value>.*)$/s;

/** Throws where a field is none of encodeFields(). */
export function decodeFields(fields: readonly string[]): Record<string, unknown> {
  const decoded = new Map<string, unknown>();
  for (const field of fields) {
    const { key, kind, name, value } = FIELD.exec(field)?.groups ?? {};
    if (key === undefined || value === undefined) throw new Error(`no field of a task: ${field.slice(0, 80)}`);
    if (kind === undefined) decoded.set(key, value);
    else if (kind === ':') decoded.set(key, JSON.parse(value));
    else if (name === undefined) decoded.set(key, [...((decoded.get(key) as string[] | undefined) ?? []), value]);
    else decoded.set(key, { ...(decoded.get(key) as object | undefined), [name]: value });
  }
  return Object.fromEntries(decoded);
}
