/**
 * A chart into a file: SVG as it is, or PNG drawn by resvg with the font that comes with Ridgeline.
 *
 * Without a font resvg draws everything but the text, and says nothing; so the machine's own fonts are
 * never asked, and a chart looks the same on every machine. resvg is loaded when a PNG is wanted.
 */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RidgelineError } from '../../base/errors.ts';
import { refuseUnwritable, writeOutputFile } from './output-file.ts';

const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
  fileURLToPath(new URL(`fonts/${name}`, import.meta.url)),
);
/** Pixels for each unit of the SVG: sharp on dense screens and in print. */
const pngScale = 2;

/** Refuses what `writeChart` could not write, before the work is done that the chart shows. */
export function checkChartPath(path: string): void {
  const ending = extname(path).toLowerCase();
  if (ending === '.svg' || ending === '.png') {
    refuseUnwritable(path);
    return;
  }
  throw new RidgelineError(
    'USAGE',
    `A chart is an SVG or a PNG file, and ${JSON.stringify(path)} ends with ${ending === '' ? 'neither' : JSON.stringify(ending)}.`,
    'Give a file name that ends with .svg or .png.',
  );
}

/** Whole or not at all: the file gets its name when it is complete. */
export async function writeChart(path: string, svg: string): Promise<void> {
  checkChartPath(path);
  writeOutputFile(path, extname(path).toLowerCase() === '.png' ? await pngOf(svg) : svg);
}

export async function pngOf(svg: string): Promise<Uint8Array> {
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
