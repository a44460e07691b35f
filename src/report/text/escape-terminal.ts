/**
 * Terminal escaping: control and invisible characters become visible escapes, so any text is safe to
 * print.
 *
 * Names of workers, reasons and file names come from other machines. An escape sequence in one of
 * them could recolour, move or overwrite the output; a bidirectional control could make one name look
 * like another. Every foreign string in terminal output, TSV, Markdown and LaTeX passes through this
 * module. JSON and CSV do not need it: their own quoting keeps the text unchanged.
 *
 * The escapes cannot be decoded: a backslash stays a backslash.
 */

/** Controls (C0, DEL, C1), format characters (bidirectional, zero-width, tags), line and paragraph separators, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const beyondAscii = /[^ -~]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function foreignText(text: string): string {
  return text.replaceAll(unseen, escaped);
}

/** Like `foreignText`, in ASCII only. Symbols such as λ are spelled out. */
export function asciiText(text: string): string {
  return text.replaceAll(beyondAscii, (character) => spelled[character] ?? escaped(character));
}

const spelled: Readonly<Record<string, string>> = {
  λ: 'lambda',
  '–': '-',
  '—': '-',
  '−': '-',
  '×': 'x',
  '·': '*',
  '±': '+-',
  '≤': '<=',
  '≥': '>=',
  '…': '...',
  '’': "'",
  '“': '"',
  '”': '"',
};

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return shortEscapes[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
}
