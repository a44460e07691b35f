/** PDF font: collects the characters that a page uses of a TrueType font, and embeds those. */
import { hex, hexUnits, pdfNumber, type PdfFile, type Reference } from './pdf-file.ts';
import type { TrueTypeFont } from './true-type.ts';

export interface PdfFont {
  /** The text for the operator `Tj`. */
  encode(text: string): string;
  /** Width in units of the font size. */
  width(text: string): number;
  /** Adds the font to the file; after the last text. Null if no text uses it. */
  embed(file: PdfFile): Reference | null;
}

/** @param name of the font, such as `DejaVuSans-Bold` */
export function createFont(font: TrueTypeFont, name: string): PdfFont {
  /** Characters by glyph. */
  const used = new Map<number, string>();
  return {
    encode(text) {
      let codes = '';
      for (const character of text) {
        const glyph = font.glyph(character.codePointAt(0) ?? 0);
        used.set(glyph, character);
        codes += hex(glyph);
      }
      return `<${codes}>`;
    },
    width(text) {
      let sum = 0;
      for (const character of text) sum += font.width(font.glyph(character.codePointAt(0) ?? 0));
      return sum / 1000;
    },
    embed: (file) => (used.size === 0 ? null : embedFont(file, font, name, used)),
  };
}

function embedFont(
  file: PdfFile,
  font: TrueTypeFont,
  name: string,
  used: ReadonlyMap<number, string>,
): Reference {
  const glyphs = [...used].toSorted(([a], [b]) => a - b);
  const subset = font.subset(new Set(used.keys()));
  // The prefix says that the font is a subset.
  const fontName = `/AAAAAA+${name}`;
  const program = file.stream(subset, `/Length1 ${subset.length}`);
  const box = font.box.join(' ');
  const descriptor = file.dictionary(
    `/Type /FontDescriptor /FontName ${fontName} /Flags 4 /FontBBox [${box}] /ItalicAngle 0 /Ascent ${font.ascent} /Descent ${font.descent} /CapHeight 729 /StemV 80 /FontFile2 ${program}`,
  );
  const widths = glyphs.map(([glyph]) => `${glyph} [${pdfNumber(font.width(glyph))}]`).join(' ');
  const descendant = file.dictionary(
    `/Type /Font /Subtype /CIDFontType2 /BaseFont ${fontName} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor ${descriptor} /W [${widths}] /CIDToGIDMap /Identity`,
  );
  const characters = file.stream(characterMap(glyphs));
  return file.dictionary(
    `/Type /Font /Subtype /Type0 /BaseFont ${fontName} /Encoding /Identity-H /DescendantFonts [${descendant}] /ToUnicode ${characters}`,
  );
}

/** Gives readers the characters of glyphs, so that text can be searched and copied. */
function characterMap(glyphs: readonly (readonly [number, string])[]): string {
  const blocks: string[] = [];
  for (let at = 0; at < glyphs.length; at += 100) {
    const lines = glyphs
      .slice(at, at + 100)
      .map(([glyph, character]) => `<${hex(glyph)}> <${hexUnits(character)}>`);
    blocks.push(`${lines.length} beginbfchar\n${lines.join('\n')}\nendbfchar`);
  }
  return `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
${blocks.join('\n')}
endcmap
CMapName currentdict /CMap defineresource pop
end
end`;
}
