// A program of ours speaks the editor's display language, by the extension's own translations: they lie beside it, and are rarely needed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fill, translateWith } from '../l10n';

export function speak(language: string): void {
  const readTexts = (): Record<string, string> => {
    try {
      const path = join(__dirname, '../l10n', `bundle.l10n.${language}.json`);
      return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
    } catch {
      return {}; // There is none for this language: English it is.
    }
  };
  translateWith((message, ...values) => fill(readTexts()[message] ?? message, ...values));
}
