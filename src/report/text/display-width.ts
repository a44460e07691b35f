/**
 * Display width: how many columns of a terminal a text takes, and cutting and wrapping to a width. East Asian
 * wide characters and emoji take two columns (Unicode Standard Annex 11), combining marks none. Expects text
 * without control characters (`foreignText`).
 */
const plainAscii = /^[ -~]*$/;
const mark = /^\p{M}$/u;
const wide =
  /^[\u{1100}-\u{115f}\u{2329}\u{232a}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]$|^\p{Emoji_Presentation}$/u;

export function displayWidth(text: string): number {
  if (plainAscii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Cuts a text that is wider than `width`; the ellipsis replaces its end or its start. */
export function fitText(
  text: string,
  width: number,
  ellipsis: string,
  lost: 'end' | 'start',
): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  if (room <= 0) return '.'.repeat(Math.max(0, width));
  const characters = Array.from(text);
  if (lost === 'end') return characters.slice(0, countWithin(characters, room)).join('') + ellipsis;
  const count = countWithin(characters.toReversed(), room);
  return ellipsis + characters.slice(characters.length - count).join('');
}

/** How many of the first characters have at most this width together. */
function countWithin(characters: readonly string[], width: number): number {
  let used = 0;
  const first = characters.findIndex((character) => {
    used += characterWidth(character);
    return used > width;
  });
  return first === -1 ? characters.length : first;
}

/** Breaks a sentence between words into lines of at most `width`; later lines are indented. */
export function wrapText(text: string, width: number, indent: string): string[] {
  return wrapWords(text.split(' '), ' ', width, indent);
}

/** Breaks only between the given words, unless one word is wider than a line. */
export function wrapWords(
  words: readonly string[],
  gap: string,
  width: number,
  indent: string,
): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of words) {
    const prefix: string = line === null ? '' : line + gap;
    if (line === null || displayWidth(prefix + word) <= width) {
      line = prefix + word;
    } else {
      lines.push(line);
      line = indent + word;
    }
    while (displayWidth(line) > width) {
      const [head, tail] = splitAt(line, width, indent.length);
      lines.push(head);
      line = indent + tail;
    }
  }
  return line === null ? lines : [...lines, line];
}

/** The part that fits, up to the last space after the indent if there is one, and the rest. */
function splitAt(line: string, width: number, indentWidth: number): [string, string] {
  const characters = Array.from(line);
  const count = countWithin(characters, width);
  const space = characters.lastIndexOf(' ', count);
  const end = space > indentWidth ? space : count;
  const rest = characters.slice(space > indentWidth ? end + 1 : end);
  return [characters.slice(0, end).join(''), rest.join('')];
}

function characterWidth(character: string): number {
  if (wide.test(character)) return 2;
  return mark.test(character) ? 0 : 1;
}
