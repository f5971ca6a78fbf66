// Strings for people, of the parts that know no vscode: activate() hands in VS Code's own translation once, and the
// launcher the same texts read from their file. Without it, as in unit tests, they are English. Parts that know vscode may as
// well call its l10n.t.

/** English text with {0}, {1} … where the values go; it is also the key of its translation. */
export type Translate = (message: string, ...values: (string | number)[]) => string;

/** Puts the values into their places. */
export const fill: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (place, index) => String(values[Number(index)] ?? place));

let translate = fill;

export function translateWith(vscodeL10n: Translate): void {
  translate = vscodeL10n;
}

export const t: Translate = (message, ...values) => translate(message, ...values);
