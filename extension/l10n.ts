// Strings for people, of the parts that know no vscode: activate() hands in VS Code's own translation once. Without it, as
// in unit tests and in programs of their own, they are English. Parts that know vscode may as well call its l10n.t.

/** English text with {0}, {1} … where the values go; it is also the key of its translation. */
export type Translate = (message: string, ...values: (string | number)[]) => string;

let translate: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (place, index) => String(values[Number(index)] ?? place));

export function translateWith(vscodeL10n: Translate): void {
  translate = vscodeL10n;
}

export const t: Translate = (message, ...values) => translate(message, ...values);
