// Reads the sources for what a person may get to read: the strings that are translated, and those that look as if they
// should be. For the test of translations alone.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface Found {
  /** `extension/main.ts:12` */
  readonly place: string;
  readonly text: string;
}

export interface Messages {
  /** First arguments of l10n.t() and t(): English, and the keys of the translations. */
  readonly translated: readonly Found[];
  /** Calls of l10n.t() and t() whose text is no plain literal, so that no translation can have it. */
  readonly computed: readonly Found[];
  /** Strings outside of such calls that read like a sentence, or are given to VS Code as one. */
  readonly plain: readonly Found[];
}

export function readMessages(folder: string): Messages {
  const messages = { translated: [] as Found[], computed: [] as Found[], plain: [] as Found[] };
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )) {
    const path = join(folder, file);
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
    const found = (node: ts.Node, text: string): Found => {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      return { place: `${path}:${line + 1}`, text };
    };
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && isTranslation(node.expression)) {
        const [message, ...values] = node.arguments;
        if (message && ts.isStringLiteralLike(message)) messages.translated.push(found(node, message.text));
        else messages.computed.push(found(node, node.getText()));
        values.forEach(visit);
        return;
      }
      if (isForProgrammers(node, path)) return;
      const text = textOf(node);
      if (text !== null && (isSentence(text) || (isLabel(node) && /[A-Z ]/.test(text.replace(ICON, '')))))
        messages.plain.push(found(node, text));
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return messages;
}

const isTranslation = (callee: ts.Expression): boolean => /^(?:(?:vscode\.)?l10n\.)?t$/.test(callee.getText());

/** What is in there only the log gets, or nobody. Errors of discovery are lines in the view. */
function isForProgrammers(node: ts.Node, path: string): boolean {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isLiteralTypeNode(node)) return true;
  if (ts.isNewExpression(node)) {
    const [message] = node.arguments ?? [];
    if (message && ts.isCallExpression(message) && isTranslation(message.expression)) return false;
    return !path.includes('/discover/') && /^(?:Syntax|Range|Type)?Error$/.test(node.expression.getText());
  }
  if (ts.isPropertyAssignment(node) && node.name.getText() === 'contextValue') return true;
  return ts.isCallExpression(node) && /(?:^|[.#])(?:log|logError)\b/.test(node.expression.getText());
}

/** A template's text has … where its values go. */
function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return null;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
}

/** As the status bar takes it. */
const ICON = /^\$\([\w-]+\) /;

/** Two words, one after the other. */
const isSentence = (text: string): boolean => /[A-Za-z]{2,}[,;:—]? [a-z]{2,}/.test(text);

const LABELS =
  /^(?:label|title|placeHolder|prompt|tooltip|detail|description|message|text|source|accessibilityInformation)$/;

/** Whether VS Code shows it as it is. */
function isLabel(node: ts.Node): boolean {
  const { parent } = node;
  // One of two.
  if (ts.isConditionalExpression(parent) && parent.condition !== node) return isLabel(parent);
  if (isAssignment(parent) && parent.right === node)
    return ts.isPropertyAccessExpression(parent.left) && LABELS.test(parent.left.name.text);
  if (ts.isPropertyAssignment(parent)) return LABELS.test(parent.name.getText());
  return ts.isCallExpression(parent) && /\bwindow\.show\w+$/.test(parent.expression.getText());
}

const isAssignment = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && /^(?:\?\?|\|\||&&|\+)?=$/.test(node.operatorToken.getText());
