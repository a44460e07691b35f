/**
 * Text size: the width of a text in a chart, which cannot be measured without a browser. The widths are those
 * of DejaVu Sans, the font of files; the fonts of pages are narrower.
 */
import { displayWidth } from '../text/display-width.ts';
import { fontSize } from './chart-style.ts';

/** Advance widths of the characters from space to tilde, in hundredths of the font size. */
const widths =
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84'
    .split(' ')
    .map(Number);
/** Of superscripts and λ. */
const others = /[⁻⁰¹²³⁴-⁹λ]/;

/** In pixels at the charts' font size; of a character without a known width, an upper estimate. */
export function textWidth(text: string, isBold = false): number {
  let sum = 0;
  for (const character of text) sum += characterWidth(character);
  return (sum / 100) * fontSize * (isBold ? 1.12 : 1);
}

function characterWidth(character: string): number {
  const known = widths[(character.codePointAt(0) ?? 0) - 32];
  if (known !== undefined) return known;
  if (others.test(character)) return character === 'λ' ? 59 : 45;
  return displayWidth(character) > 1 ? 110 : 84;
}

/** Lines that end between words; a word that is too long has a separate line. */
export function wrapText(text: string, room: number, isBold = false): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (lines.length > 0 && textWidth(longer, isBold) <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
