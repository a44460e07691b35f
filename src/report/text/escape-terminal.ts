/**
 * Makes any text safe to print: what a terminal would obey or hide becomes a visible escape.
 *
 * Names of workers, reasons and file names come from other machines. An escape sequence in one of
 * them could recolour, move or overwrite what was printed; a bidirectional control could make one
 * name look like another. Every foreign string in terminal output, TSV, Markdown and LaTeX goes
 * through here. JSON and CSV do not: their own quoting keeps the text as it was.
 *
 * The escapes are for reading, not for reading back: a backslash stays a backslash.
 */

/** Controls (C0, DEL, C1), format characters (bidirectional, zero-width, tags), line and paragraph separators, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const beyondAscii = /[^ -~]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function foreignText(text: string): string {
  return text.replaceAll(unseen, escaped);
}

/** The same in plain ASCII, for terminals that show nothing else. Our own symbols are spelled out. */
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
