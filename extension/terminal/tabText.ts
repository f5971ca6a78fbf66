// Strangers' text made fit for a terminal's tab. VS Code takes the words of its tooltip, the name and the command line, for
// Markdown: a container could be called like a link, or like a picture on somebody's server. Pure.

/** What comes in pairs, and `_` where a word begins or ends, would be taken away for what it does to the letters. */
const EMPHASIS = /[*`~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** Behind an escape, a label, a tag, an entity, in an address; and before what would make a list or a heading of the line. */
const HINGE = /(?<=[\\\]<&@]|:(?=\/\/)|www(?=\.))|^(?![\p{L}\p{N}]|$)|^(?=\d+[.)])/giu;
const WORD_JOINER = '\u2060';
/** From a character of ASCII to one of the same looks (Unicode, Halfwidth and Fullwidth Forms). */
const FULLWIDTH = 0xfee0;

/** The same on the screen, but nothing to Markdown. `text` is one line. */
export function withoutMarkdown(text: string): string {
  return text
    .replace(HINGE, WORD_JOINER)
    .replace(EMPHASIS, (character) => String.fromCharCode(character.charCodeAt(0) + FULLWIDTH));
}
