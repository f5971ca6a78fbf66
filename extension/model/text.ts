// Strangers' text made fit for a screen: the one place for it. Names, labels and messages stay raw everywhere else, so that
// they still match what the engines know. Not for shells or files: no text from a container ever goes there.

/** Characters that no one sees, or that turn the text around: controls, formats, separators of lines, lone surrogates. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** Where VS Code would put an icon, as in quick picks and the status bar, or a link: a notification's may run a command. */
const HINGE = /[$\]](?=\()/g;
const WORD_JOINER = '\u2060';

/** Nothing of what has to be looked for: most texts. Of Latin-1 all but controls, the no-break space and the soft hyphen. */
const HARMLESS = /^[\x20-\x23\x25-\x5c\x5e-\x7e\xa1-\xac\xae-\xff]*$/;

/** At most `max` characters on one line, with nothing hidden in it. */
export function plain(text: string, max: number): string {
  if (text.length <= max && HARMLESS.test(text)) return text;
  // Cut roughly first: a name can be megabytes long. A character takes up to two units.
  const characters = Array.from(
    text
      .slice(0, 2 * max + 2)
      .replace(/\s/g, ' ')
      .replace(INVISIBLE, '\ufffd'),
  );
  const short = characters.length > max ? [...characters.slice(0, max - 1), '…'] : characters;
  return short.join('').replace(HINGE, `$&${WORD_JOINER}`);
}
