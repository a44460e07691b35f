/**
 * Pickle text: decoders for the encodings of bytes and text in a pickle. They yield one byte per
 * character, piece by piece, so that a body of megabytes is not held twice.
 */

/** Builds the error that refuses a pickle. @param problem the rest of a sentence that starts with the file's name */
export type Refuse = (problem: string) => Error;

/**
 * Decodes the next piece; without a piece, the end. An escape or a character that is cut off by a piece's
 * end waits for the next piece.
 */
export type Latin1Decoder = (piece?: Uint8Array) => Uint8Array;

export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** UTF-8 with characters below 256 only. */
export function utf8Decoder(refuse: Refuse): Latin1Decoder {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  return (piece) => {
    let text: string;
    try {
      text = decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw refuse('has damaged UTF-8 text');
    }
    if (/[^\0-\u00ff]/.test(text)) throw refuse('has a long text with characters above 255');
    return Buffer.from(text, 'latin1');
  };
}

/** Characters after a backslash, and what they mean, in the same order. */
const escaped = `\\'"nrtabfv`;
const meanings = `\\'"\n\r\t\u0007\b\f\v`;

/** Backslash escapes of protocol 0: bytes in quotes, as Python 2 prints them. */
export function reprDecoder(refuse: Refuse): Latin1Decoder {
  let quote = '';
  let isClosed = false;
  let cut = '';
  return (piece) => {
    if (piece === undefined && (cut !== '' || !isClosed))
      throw refuse('has a text that does not end');
    let text = cut + toLatin1(piece ?? new Uint8Array());
    cut = '';
    if (quote === '' && text !== '') {
      quote = text.charAt(0);
      if (quote !== "'" && quote !== '"') throw refuse('has a text without quotes');
      text = text.slice(1);
    }
    if (isClosed && text !== '') throw refuse('has text after a closing quote');
    const decoded = text.replaceAll(/\\(?:x[^]{0,2}|[^]?)|['"]/g, (found, at: number) => {
      if (found === quote) {
        if (at < text.length - 1) throw refuse('has text after a closing quote');
        isClosed = true;
        return '';
      }
      if (!found.startsWith('\\')) return found;
      if (found.length < (found[1] === 'x' ? 4 : 2)) {
        cut = found;
        return '';
      }
      if (/^\\x[\da-fA-F]{2}$/.test(found)) return fromHex(found);
      if (found[1] === 'x') throw refuse('has a damaged escape in a text');
      const meaning = meanings[escaped.indexOf(found.charAt(1))];
      if (meaning !== undefined) return meaning;
      throw refuse(`has an unknown escape ${JSON.stringify(found)} in a text`);
    });
    return Buffer.from(decoded, 'latin1');
  };
}

/** Text of protocol 0, in which only `\uXXXX` is an escape. */
export function rawUnicodeDecoder(refuse: Refuse): Latin1Decoder {
  let cut = '';
  return (piece) => {
    if (piece === undefined && cut.length > 1) throw refuse('has a text that does not end');
    const text = cut + toLatin1(piece ?? new Uint8Array());
    cut = '';
    const decoded = text.replaceAll(/\\(?:u[^]{0,4}|[^]?)/g, (found) => {
      if (piece !== undefined && found.length < (found[1] === 'u' ? 6 : 2)) {
        cut = found;
        return '';
      }
      if (found[1] !== 'u') return found;
      if (/^\\u00[\da-fA-F]{2}$/.test(found)) return fromHex(found);
      throw refuse('has a text with characters above 255');
    });
    return Buffer.from(decoded, 'latin1');
  };
}

function fromHex(escape: string): string {
  return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
}
