/**
 * Terminal escaping: control and invisible characters become visible escapes, so any text is safe to print.
 *
 * Names and reasons come from other machines. An escape sequence in one could overwrite the output, and a
 * bidirectional control could make it look like another. Every foreign string in terminal output, TSV,
 * Markdown and LaTeX passes through this module; JSON and CSV have their own quoting. A backslash stays a
 * backslash, so the escapes cannot be decoded.
 */
import { nameOfSymbol } from '../../base/greek-letters.ts';

/** Controls (C0, DEL, C1), format characters (bidirectional, zero-width, tags), line and paragraph separators, lone surrogates. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const beyondAscii = /[^ -~]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function foreignText(text: string): string {
  return text.replaceAll(unseen, escaped);
}

/** Like `foreignText`, in ASCII only. Symbols such as λ are spelled out. */
export function asciiText(text: string): string {
  return asciiLines(
    text.replaceAll(beyondAscii, (character) =>
      character < '\u0080' ? escaped(character) : character,
    ),
  );
}

/** In ASCII, with symbols such as λ spelled out. Control characters stay, such as line ends and colours. */
export function asciiLines(text: string): string {
  return text
    .replaceAll(superscripts, (digits) => `^${digits.normalize('NFKD').replace('−', '-')}`)
    .replaceAll(/[^\0-\u007F]/gu, (character) => spell(character));
}

const superscripts = /[⁰¹²³⁴-⁹⁻]+/gu;

function spell(character: string): string {
  return nameOfSymbol(character) ?? spelled[character] ?? escaped(character);
}

const spelled: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '−': '-',
  '×': 'x',
  '·': '*',
  '±': '+-',
  '√': 'sqrt',
  '‖': '||',
  '→': '->',
  '←': '<-',
  '≤': '<=',
  '≥': '>=',
  '≈': '~',
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
