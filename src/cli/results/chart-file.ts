/**
 * Chart file: writes a chart as SVG, or as PNG rendered by resvg.
 *
 * PNG uses the font that Ridgeline ships, never the machine's fonts: without a font, resvg silently omits
 * all text, and a chart must look the same on every machine. resvg is loaded only for a PNG.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChartDocument, ChartElement, ChartTheme } from '../../report/charts/chart-style.ts';
import { checkEnding, checkWritable, writeOutputFile } from './output-file.ts';

const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
  fileURLToPath(new URL(`fonts/${name}`, import.meta.url)),
);
/** Pixels per unit of the SVG, for dense screens and print. */
const pngScale = 2;

/** Call it before long work. @throws RidgelineError USAGE, OUTPUT_UNWRITABLE */
export function checkChartPath(path: string): void {
  checkEnding(path, 'chart file', ['.svg', '.png']);
  checkWritable(path);
}

/** Writes the whole file or nothing. */
export async function writeChart(path: string, svg: string): Promise<void> {
  checkChartPath(path);
  writeOutputFile(path, extname(path).toLowerCase() === '.png' ? await renderPng(svg) : svg);
}

/** Draws a chart in the style of files. The drawing library is loaded only here. */
export async function drawChart(
  path: string,
  draw: (document: ChartDocument, theme: ChartTheme) => ChartElement,
): Promise<void> {
  const [{ svgText }, { fileThemes }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/charts/chart-style.ts'),
  ]);
  const svg = svgText((document) => draw(document, fileThemes.light));
  await writeChart(path, svg);
}

export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: pngScale },
    font: {
      loadSystemFonts: false,
      fontFiles,
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
