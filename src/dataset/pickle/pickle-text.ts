/**
 * Decoders for the ways in which Python writes bytes and text into a pickle. They yield one byte per
 * character, piece by piece, so that a body of megabytes is not held twice.
 */

/** Decodes one piece after another. A character that is cut by a piece's end waits for the next piece. */
export interface TextDecoderStep {
  /** @returns the decoded bytes, or the problem */
  decode(piece: Uint8Array): Uint8Array | string;
  /** @returns the problem of the end; null if there is none */
  end(): string | null;
}

/** UTF-8 with characters below 256 only. */
export class Utf8ToLatin1 implements TextDecoderStep {
  /** First byte of a pair that was cut; null if none. */
  #lead: number | null = null;

  decode(piece: Uint8Array): Uint8Array | string {
    const out = new Uint8Array(piece.length + 1);
    let length = 0;
    for (const byte of piece) {
      if (this.#lead !== null) {
        if (byte < 0x80 || byte > 0xbf) return 'has damaged UTF-8 text';
        out[length++] = ((this.#lead & 0x03) << 6) | (byte & 0x3f);
        this.#lead = null;
      } else if (byte < 0x80) out[length++] = byte;
      else if (byte === 0xc2 || byte === 0xc3) this.#lead = byte;
      else return 'has a long text with characters above 255';
    }
    return out.subarray(0, length);
  }

  end(): string | null {
    return this.#lead === null ? null : 'has damaged UTF-8 text';
  }
}

const namedEscapes: Readonly<Record<string, number>> = {
  '\\': 92,
  "'": 39,
  '"': 34,
  n: 10,
  r: 13,
  t: 9,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
};

/**
 * Backslash escapes of protocol 0. `repr`: bytes in quotes as Python 2 prints them. `raw-unicode`: only
 * `\uXXXX` is an escape.
 */
export class EscapesToLatin1 implements TextDecoderStep {
  readonly #style: 'repr' | 'raw-unicode';
  /** Null before the opening quote. */
  #quote: number | null = null;
  #isClosed = false;
  #pending = '';

  constructor(style: 'repr' | 'raw-unicode') {
    this.#style = style;
  }

  decode(piece: Uint8Array): Uint8Array | string {
    const out = new Uint8Array(piece.length + 8);
    let length = 0;
    for (const byte of piece) {
      if (this.#isClosed) return 'has text after a closing quote';
      if (this.#style === 'repr' && this.#quote === null) {
        if (byte !== 39 && byte !== 34) return 'has a text without quotes';
        this.#quote = byte;
      } else if (this.#pending === '' && byte === 92) this.#pending = '\\';
      else if (this.#pending === '') {
        if (byte === this.#quote) this.#isClosed = true;
        else out[length++] = byte;
      } else {
        this.#pending += String.fromCharCode(byte);
        const values = this.#escape();
        if (typeof values === 'string') return values;
        for (const value of values) out[length++] = value;
      }
    }
    return out.subarray(0, length);
  }

  end(): string | null {
    if (this.#style === 'raw-unicode' && this.#pending === '\\') return null;
    const isOpen = this.#style === 'repr' && !this.#isClosed;
    return this.#pending !== '' || isOpen ? 'has a text that does not end' : null;
  }

  /** Returns the bytes of the pending escape, none while it is incomplete; or the problem. */
  #escape(): readonly number[] | string {
    const text = this.#pending;
    const isUnicode = this.#style === 'raw-unicode';
    if (isUnicode && text[1] !== 'u') {
      this.#pending = '';
      return [92, text.charCodeAt(1)];
    }
    const isHex = isUnicode || text[1] === 'x';
    if (isHex && text.length < (isUnicode ? 6 : 4)) return [];
    this.#pending = '';
    if (isHex) {
      const pattern = isUnicode ? /^\\u00[\da-fA-F]{2}$/ : /^\\x[\da-fA-F]{2}$/;
      if (pattern.test(text)) return [Number.parseInt(text.slice(2), 16)];
      return isUnicode ? 'has a text with characters above 255' : 'has a damaged escape in a text';
    }
    const value = namedEscapes[text.slice(1)];
    return value === undefined
      ? `has an unknown escape ${JSON.stringify(text)} in a text`
      : [value];
  }
}
