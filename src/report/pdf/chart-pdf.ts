/**
 * Chart as PDF: translates the SVG of a chart into one page with the same drawing, for papers. Text is text in
 * the font of charts; the file contains the used part.
 *
 * It knows the elements and attributes that charts have, and nothing else of SVG: an element that it does not
 * know is a bug. Text has no kerning.
 */
import { assert } from '../../base/assert.ts';
import { createPdf, pdfNumber, pdfText } from './pdf-file.ts';
import { createFont, type PdfFont } from './pdf-font.ts';
import { boxData, circleData, pathOperators } from './svg-path.ts';
import { readTrueType } from './true-type.ts';

/** The part of an SVG element that is read. */
export interface SvgNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly childNodes: Iterable<SvgNode>;
  getAttribute?(name: string): string | null;
}

export interface ChartFonts {
  /** TrueType files. */
  readonly regular: Uint8Array;
  readonly bold: Uint8Array;
}

/** Attributes that an element has from the elements around it. */
type Style = Readonly<Record<string, string>>;

interface Page {
  readonly operators: string[];
  /** Names of opacities, `fill stroke`, in the order of their use. */
  readonly opacities: string[];
  readonly fonts: readonly [PdfFont, PdfFont];
}

const inherited = [
  'color',
  'fill',
  'fill-opacity',
  'font-size',
  'font-weight',
  'paint-order',
  'stroke',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-miterlimit',
  'stroke-opacity',
  'stroke-width',
  'text-anchor',
];
const elementNode = 1;
const textNode = 3;
/** Pixels are 1/96 inch, PDF units 1/72. */
const unitsPerPixel = 0.75;

/** @param svg the root element of a chart for files */
export function chartPdf(svg: SvgNode, fonts: ChartFonts): Uint8Array {
  const page: Page = {
    operators: [],
    opacities: [],
    fonts: [
      createFont(readTrueType(fonts.regular), 'DejaVuSans'),
      createFont(readTrueType(fonts.bold), 'DejaVuSans-Bold'),
    ],
  };
  const [width, height] = [number(svg, 'width'), number(svg, 'height')];
  // SVG counts downwards from the upper left corner.
  const matrix = [unitsPerPixel, 0, 0, -unitsPerPixel, 0, unitsPerPixel * height];
  page.operators.push(`${matrix.map(pdfNumber).join(' ')} cm`);
  drawChildren(svg, elementStyle(svg, {}), page);
  return writePage(page, unitsPerPixel * width, unitsPerPixel * height, titleOf(svg));
}

function writePage(page: Page, width: number, height: number, title: string): Uint8Array {
  const file = createPdf();
  const content = file.stream(page.operators.join('\n'));
  const fonts = page.fonts.map((font) => font.embed(file));
  const fontEntries = fonts.flatMap((font, index) => (font === null ? [] : [`/F${index} ${font}`]));
  const states = page.opacities.map((opacity, index) => {
    const [fill, stroke] = opacity.split(' ');
    return `/G${index} << /ca ${fill} /CA ${stroke} >>`;
  });
  const resources = `<< /Font << ${fontEntries.join(' ')} >> /ExtGState << ${states.join(' ')} >> >>`;
  const box = `[0 0 ${pdfNumber(width)} ${pdfNumber(height)}]`;
  const tree = file.cyclic((self) => {
    const leaf = file.dictionary(
      `/Type /Page /Parent ${self} /MediaBox ${box} /Resources ${resources} /Contents ${content}`,
    );
    return `/Type /Pages /Kids [${leaf}] /Count 1`;
  });
  const catalog = file.dictionary(
    `/Type /Catalog /Pages ${tree} /Lang (en) /ViewerPreferences << /DisplayDocTitle true >>`,
  );
  const info = file.dictionary(`/Title ${pdfText(title)} /Producer (Ridgeline)`);
  return file.bytes(catalog, info);
}

function drawChildren(parent: SvgNode, style: Style, page: Page): void {
  for (const node of parent.childNodes) if (node.nodeType === elementNode) draw(node, style, page);
}

function draw(node: SvgNode, outer: Style, page: Page): void {
  const style = elementStyle(node, outer);
  const { operators } = page;
  switch (node.nodeName.toLowerCase()) {
    case 'title':
    case 'desc':
      return;
    case 'svg':
    case 'g':
      operators.push('q', translation(number(node, 'x'), number(node, 'y')), transform(node));
      drawChildren(node, style, page);
      operators.push('Q');
      return;
    case 'path':
      return drawPath(node, attribute(node, 'd') ?? '', style, page);
    case 'line': {
      const [x1, y1, x2, y2] = ['x1', 'y1', 'x2', 'y2'].map((name) => number(node, name));
      return drawPath(node, `M${x1},${y1}L${x2},${y2}`, { ...style, fill: 'none' }, page);
    }
    case 'rect': {
      const [x = 0, y = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((name) =>
        number(node, name),
      );
      return drawPath(node, boxData(x, y, width, height), style, page);
    }
    case 'circle': {
      const [x = 0, y = 0, r = 0] = ['cx', 'cy', 'r'].map((name) => number(node, name));
      return drawPath(node, circleData(x, y, r), style, page);
    }
    case 'text':
      return drawText(node, style, page);
    default:
      assert(false, () => `charts have no element ${node.nodeName}`);
  }
}

function drawPath(node: SvgNode, data: string, style: Style, page: Page): void {
  const [fill, stroke] = [color(style, 'fill', 'black'), color(style, 'stroke', 'none')];
  if (data === '' || (fill === null && stroke === null)) return;
  page.operators.push('q', transform(node), ...paint(style, page), pathOperators(data));
  page.operators.push(fill === null ? 'S' : stroke === null ? 'f' : 'B', 'Q');
}

/** Lines of a text: its own, or one for each `tspan`. */
function drawText(node: SvgNode, style: Style, page: Page): void {
  page.operators.push('q', transform(node), ...paint(style, page));
  const size = Number.parseFloat(style['font-size'] ?? '12');
  const place = (of: SvgNode, name: string): number => length(attribute(of, name), size);
  let y = place(node, 'y') + place(node, 'dy');
  for (const child of node.childNodes) {
    if (child.nodeType === textNode)
      drawLine(child.textContent ?? '', place(node, 'x'), y, size, style, page);
    else if (child.nodeType === elementNode) {
      if (attribute(child, 'y') !== null) y = place(child, 'y');
      y += place(child, 'dy');
      drawLine(child.textContent ?? '', place(child, 'x'), y, size, style, page);
    }
  }
  page.operators.push('Q');
}

function drawLine(
  text: string,
  x: number,
  y: number,
  size: number,
  style: Style,
  { operators, fonts }: Page,
): void {
  const isBold = ['bold', '600', '700'].includes(style['font-weight'] ?? '');
  const font = fonts[isBold ? 1 : 0];
  const anchor = style['text-anchor'] ?? 'start';
  const share = anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0;
  const place = `1 0 0 -1 ${pdfNumber(x - share * size * font.width(text))} ${pdfNumber(y)} Tm`;
  const shown = `${place} ${font.encode(text)} Tj`;
  const [fill, stroke] = [color(style, 'fill', 'black'), color(style, 'stroke', 'none')];
  operators.push('BT', `/F${isBold ? 1 : 0} ${pdfNumber(size)} Tf`);
  // The outline is behind the letters: it separates them from lines below.
  if (stroke !== null) operators.push(`1 Tr ${shown}`);
  if (fill !== null) operators.push(`0 Tr ${shown}`);
  operators.push('ET');
}

/** Operators that set colours, opacity and the pen. */
function paint(style: Style, page: Page): string[] {
  const [fill, stroke] = [color(style, 'fill', 'black'), color(style, 'stroke', 'none')];
  const opacity = `${style['fill-opacity'] ?? 1} ${style['stroke-opacity'] ?? 1}`;
  if (!page.opacities.includes(opacity)) page.opacities.push(opacity);
  const dashes = (style['stroke-dasharray'] ?? '').match(/[\d.]+/g) ?? [];
  return [
    `/G${page.opacities.indexOf(opacity)} gs`,
    ...(fill === null ? [] : [`${fill} rg`]),
    ...(stroke === null ? [] : [`${stroke} RG`]),
    `${pdfNumber(Number.parseFloat(style['stroke-width'] ?? '1'))} w`,
    `[${dashes.join(' ')}] 0 d`,
    `${capStyles.indexOf(style['stroke-linecap'] ?? 'butt')} J`,
    `${joinStyles.indexOf(style['stroke-linejoin'] ?? 'miter')} j`,
  ];
}

const capStyles = ['butt', 'round', 'square'];
const joinStyles = ['miter', 'round', 'bevel'];

/** Red, green and blue from 0 to 1; null for none. */
function color(style: Style, name: 'fill' | 'stroke', initial: string): string | null {
  let text = style[name] ?? initial;
  if (text === 'currentColor') text = style['color'] ?? 'black';
  if (text === 'none') return null;
  const hexadecimal = /^#(..)(..)(..)$/.exec(names[text] ?? text);
  const parts = hexadecimal
    ? hexadecimal.slice(1).map((part) => Number.parseInt(part, 16))
    : /^rgb\((\d+), *(\d+), *(\d+)\)$/.exec(text)?.slice(1).map(Number);
  assert(parts, () => `charts have no colour ${text}`);
  return parts.map((part) => pdfNumber(part / 255)).join(' ');
}

const names: Readonly<Record<string, string>> = { black: '#000000', white: '#ffffff' };

function elementStyle(node: SvgNode, outer: Style): Style {
  const own = inherited.flatMap((name) => {
    const value = attribute(node, name);
    return value === null || value === 'inherit' ? [] : [[name, value] as const];
  });
  return own.length === 0 ? outer : { ...outer, ...Object.fromEntries(own) };
}

/** The operator of `translate(x,y)`, the only transformation that charts have. */
function transform(node: SvgNode): string {
  const text = attribute(node, 'transform');
  if (text === null) return '';
  const found = /^translate\(([-\d.e]+)(?:[, ]+([-\d.e]+))?\)$/.exec(text.trim());
  assert(found, () => `charts have no transformation ${text}`);
  return translation(Number(found[1]), Number(found[2] ?? 0));
}

function translation(x: number, y: number): string {
  return x === 0 && y === 0 ? '' : `1 0 0 1 ${pdfNumber(x)} ${pdfNumber(y)} cm`;
}

function attribute(node: SvgNode, name: string): string | null {
  return node.getAttribute?.(name) ?? null;
}

function number(node: SvgNode, name: string): number {
  return Number.parseFloat(attribute(node, name) ?? '0');
}

/** A length in pixels or `em`. */
function length(text: string | null, size: number): number {
  if (text === null) return 0;
  return Number.parseFloat(text) * (text.endsWith('em') ? size : 1);
}

function titleOf(svg: SvgNode): string {
  for (const node of svg.childNodes)
    if (node.nodeName.toLowerCase() === 'title') return node.textContent ?? '';
  return '';
}
