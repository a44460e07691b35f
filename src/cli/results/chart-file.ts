/**
 * Chart file: writes a chart as SVG, as PDF for papers, or as PNG rendered by resvg.
 *
 * PNG and PDF use the font that Ridgeline ships, never the machine's fonts: without a font, resvg silently
 * omits all text, and a chart must look the same on every machine. Each format's code is loaded only for it.
 */
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChartDocument, ChartElement, ChartTheme } from '../../report/charts/chart-style.ts';
import { checkEnding, checkWritable, writeOutputFile } from './output-file.ts';

const fontFile = (name: string): string => fileURLToPath(new URL(`fonts/${name}`, import.meta.url));
const regularFont = fontFile('DejaVuSans.ttf');
const boldFont = fontFile('DejaVuSans-Bold.ttf');
/** Pixels per unit of the SVG, for dense screens and print. */
const pngScale = 2;

/** `light`, `dark` or `gray`. */
export const chartThemes = ['light', 'dark', 'gray'] as const;

/** How a chart file looks; absent: light, with the chart's own size and heading. */
export interface ChartLook {
  readonly theme?: (typeof chartThemes)[number] | undefined;
  /** Pixels of 1/96 inch. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Heading; `none` for none. */
  readonly title?: string | undefined;
}

/** Call it before long work. @throws RidgelineError USAGE, OUTPUT_UNWRITABLE */
export function checkChartPath(path: string): void {
  checkEnding(path, 'chart file', ['.svg', '.png', '.pdf']);
  checkWritable(path);
}

type Draw = (document: ChartDocument, theme: ChartTheme) => ChartElement;

/** Draws a chart in the style of files, and writes the whole file or nothing. */
export async function drawChart(path: string, draw: Draw): Promise<void> {
  checkChartPath(path);
  writeOutputFile(path, await chartContent(path, draw));
}

/** The content of a chart file, in the format of its ending; SVG for `-`. */
export async function chartContent(
  path: string,
  draw: Draw,
  { theme: name = 'light', width, height, title }: ChartLook = {},
): Promise<string | Uint8Array> {
  // The drawing library is loaded only here.
  const [{ chartDocument }, { fileThemes }] = await Promise.all([
    import('../../report/charts/svg-text.ts'),
    import('../../report/charts/chart-style.ts'),
  ]);
  const heading = title === 'none' ? null : title;
  const theme = { ...fileThemes[name], width, height, title: heading };
  const chart = draw(chartDocument(), theme);
  const svg = `${String(chart.outerHTML)}\n`;
  switch (extname(path).toLowerCase()) {
    case '.png':
      return await renderPng(svg);
    case '.pdf': {
      const { chartPdf } = await import('../../report/pdf/chart-pdf.ts');
      return chartPdf(chart, { regular: readFileSync(regularFont), bold: readFileSync(boldFont) });
    }
    default:
      return svg;
  }
}

export async function renderPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: pngScale },
    font: {
      loadSystemFonts: false,
      fontFiles: [regularFont, boldFont],
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  return image.render().asPng();
}
