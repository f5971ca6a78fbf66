// A sentence of doctor's: English, with the values kept apart, so that the extension can show it in the editor's language.
// The helper itself, a tool for the shell, speaks English only. Pure.

export interface Sentence {
  /** With {0}, {1} … where the values go; it is also the key of its translations. */
  text: string;
  values: string[];
}

export const t = (text: string, ...values: (string | number)[]): Sentence => ({ text, values: values.map(String) });

/** What is no sentence of ours: a program's own words, a path, a message of the system's. */
export const verbatim = (words: string): Sentence => ({ text: '{0}', values: [words] });

export const spoken = ({ text, values }: Sentence): string =>
  text.replace(/\{(\d+)\}/g, (place, index) => values[Number(index)] ?? place);
