/**
 * PDF file: objects, streams and the cross-reference table of a document with one page (ISO 32000-1). The
 * same content gives the same bytes: the file has no dates and no random identifier.
 */
import { zlibSync } from 'fflate';

/** A reference to an object, such as `7 0 R`. */
export type Reference = string;

export interface PdfFile {
  /** @param body of a dictionary, without the brackets */
  dictionary(body: string): Reference;
  /** A dictionary that needs its own reference, because objects that it contains name it. */
  cyclic(body: (self: Reference) => string): Reference;
  /** Compressed. @param entries of its dictionary besides length and filter */
  stream(content: string | Uint8Array, entries?: string): Reference;
  /** The whole file. @param info its information dictionary */
  bytes(catalog: Reference, info: Reference): Uint8Array;
}

const encoder = new TextEncoder();

export function createPdf(): PdfFile {
  const objects: Uint8Array[] = [];
  const add = (...parts: readonly (string | Uint8Array)[]): Reference => {
    objects.push(joined(parts));
    return `${objects.length} 0 R`;
  };
  return {
    dictionary: (body) => add(`<< ${body} >>`),
    cyclic(body) {
      const index = objects.push(new Uint8Array());
      objects[index - 1] = encoder.encode(`<< ${body(`${index} 0 R`)} >>`);
      return `${index} 0 R`;
    },
    stream(content, entries = '') {
      const packed = zlibSync(typeof content === 'string' ? encoder.encode(content) : content);
      const head = `<< /Length ${packed.length} /Filter /FlateDecode ${entries} >>`;
      return add(`${head}\nstream\n`, packed, '\nendstream');
    },
    bytes(catalog, info) {
      // The comment marks the file as binary.
      const parts: (string | Uint8Array)[] = [
        '%PDF-1.7\n%',
        new Uint8Array([226, 227, 207, 211]),
        '\n',
      ];
      let at = joined(parts).length;
      const offsets = objects.map((object, index) => {
        const own = joined([`${index + 1} 0 obj\n`, object, '\nendobj\n']);
        parts.push(own);
        at += own.length;
        return at - own.length;
      });
      const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`);
      const size = objects.length + 1;
      parts.push(
        `xref\n0 ${size}\n0000000000 65535 f \n${entries.join('')}`,
        `trailer\n<< /Size ${size} /Root ${catalog} /Info ${info} >>\nstartxref\n${at}\n%%EOF\n`,
      );
      return joined(parts);
    },
  };
}

/** A text of a dictionary: UTF-16 with a byte order mark, in hexadecimal. */
export function pdfText(text: string): string {
  return `<FEFF${hexUnits(text)}>`;
}

/** The UTF-16 code units of a text, four digits each. */
export function hexUnits(text: string): string {
  return Array.from({ length: text.length }, (_, index) => hex(text.charCodeAt(index))).join('');
}

/** Four hexadecimal digits. */
export function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

/** At most three digits after the point: a thousandth of a pixel cannot be seen. */
export function pdfNumber(value: number): string {
  return String(Number(value.toFixed(3)));
}

function joined(parts: readonly (string | Uint8Array)[]): Uint8Array {
  const all = parts.map((part) => (typeof part === 'string' ? encoder.encode(part) : part));
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
