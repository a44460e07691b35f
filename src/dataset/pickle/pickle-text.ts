/**
 * The ways in which Python spells bytes and text in a pickle, decoded to one byte a character, piece by
 * piece: a body of megabytes is never held a second time.
 */

/** Decodes one piece after another; what a piece's end cuts in two waits for the next. */
export interface TextDecoderStep {
  /** @returns the decoded bytes, or what is wrong */
  decode(piece: Uint8Array): Uint8Array | string;
  /** What is wrong with the end; null: nothing. */
  end(): string | null;
}

/** UTF-8, of characters below 256. */
export class Utf8ToLatin1 implements TextDecoderStep {
  /** The first byte of a pair that was cut. */
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
      else return 'has a long text with characters that are no bytes';
    }
    return out.subarray(0, length);
  }

  end(): string | null {
    return this.#lead === null ? null : 'has damaged UTF-8 text';
  }
}

const named: Readonly<Record<string, number>> = {
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
 * `\uXXXX` means something.
 */
export class EscapesToLatin1 implements TextDecoderStep {
  readonly #style: 'repr' | 'raw-unicode';
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
      if (this.#isClosed) return 'has text behind a closing quote';
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

  /** What the pending escape stands for; empty while it is not complete. */
  #escape(): readonly number[] | string {
    const text = this.#pending;
    if (this.#style === 'raw-unicode') {
      if (text[1] !== 'u') {
        this.#pending = '';
        return [92, text.charCodeAt(1)];
      }
      if (text.length < 6) return [];
      this.#pending = '';
      return /^\\u00[\da-fA-F]{2}$/.test(text)
        ? [Number.parseInt(text.slice(2), 16)]
        : 'has a text with characters that are no bytes';
    }
    if (text[1] === 'x') {
      if (text.length < 4) return [];
      this.#pending = '';
      return /^\\x[\da-fA-F]{2}$/.test(text)
        ? [Number.parseInt(text.slice(2), 16)]
        : 'has a damaged escape in a text';
    }
    this.#pending = '';
    const value = named[text.slice(1)];
    return value === undefined
      ? `has an unknown escape ${JSON.stringify(text)} in a text`
      : [value];
  }
}
