/** Chart files: PNG with visible text, files written whole or not at all. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  chartContent,
  checkChartPath,
  drawChart,
  renderPng,
} from '../../../src/cli/results/chart-file.ts';
import { chartKinds, isChartKind } from '../../../src/report/charts/chart-kinds.ts';
import { drawStudyChart } from '../../../src/report/charts/study-charts.ts';
import { learningRateRange } from '../../../src/report/charts/learning-rate-range.ts';
import type { ChartDocument, ChartTheme } from '../../../src/report/charts/chart-style.ts';
import { scratchDir } from '../../e2e/support/processes.ts';
import { study, toResults } from '../../report/support/sample-study.ts';
import { scoredTrials } from '../../report/support/scored-study.ts';
import { wideStudy, wideTrials } from '../../report/support/wide-study.ts';
import { openAttempt } from '../../store/support/records.ts';

interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly pixels: Uint8Array;
}

/** A PNG of 8-bit RGBA without interlacing, which is what resvg writes. */
function decodePng(file: Uint8Array): Picture {
  const bytes = Buffer.from(file);
  expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const parts: Buffer[] = [];
  let [width, height] = [0, 0];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString('latin1', at + 4, at + 8);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (kind === 'IHDR') {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      expect([...data.subarray(8)]).toEqual([8, 6, 0, 0, 0]);
    }
    if (kind === 'IDAT') parts.push(data);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(parts));
  const pixels = new Uint8Array(4 * width * height);
  const stride = 4 * width;
  expect(raw.length).toBe(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const left = i < 4 ? 0 : pixels[y * stride + i - 4]!;
      const up = y === 0 ? 0 : pixels[(y - 1) * stride + i]!;
      const corner = i < 4 || y === 0 ? 0 : pixels[(y - 1) * stride + i - 4]!;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!;
      pixels[y * stride + i] = raw[y * (stride + 1) + 1 + i]! + guess;
    }
  }
  return { width, height, pixels };
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [left, up, corner].map((near) => Math.abs(guess - near)) as [
    number,
    number,
    number,
  ];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function darkPixels({ pixels }: Picture): number {
  let count = 0;
  for (let i = 0; i < pixels.length; i += 4)
    if (pixels[i]! < 128 && pixels[i + 3]! > 128) count += 1;
  return count;
}

const svgWith = (content: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40" font-family="system-ui, sans-serif"><rect width="200" height="40" fill="#fff"/>${content}</svg>`;

describe('a chart as PNG', () => {
  test('a PNG chart has visible text in the font that Ridgeline ships', async () => {
    const empty = decodePng(await renderPng(svgWith('')));
    expect([empty.width, empty.height]).toEqual([400, 80]);
    expect(darkPixels(empty)).toBe(0);
    const lambda = decodePng(
      await renderPng(svgWith('<text x="10" y="25" font-size="20">λ 1e-5</text>')),
    );
    expect(darkPixels(lambda)).toBeGreaterThan(300);
    const bold = decodePng(
      await renderPng(
        svgWith('<text x="10" y="25" font-size="20" font-weight="bold">λ 1e-5</text>'),
      ),
    );
    expect(darkPixels(bold)).toBeGreaterThan(1.15 * darkPixels(lambda));
  });
});

const draw = (document: ChartDocument, theme: ChartTheme) =>
  learningRateRange(
    document,
    {
      title: 'sample: λ and Ä',
      points: [0.1, 0.2, 0.3].map((learningRate) => ({ learningRate, accuracy: learningRate })),
      suggested: { min: 0.1, max: 0.2 },
    },
    theme,
  );

describe('a chart as PDF', () => {
  /** The objects of a PDF file, as the cross-reference table finds them; streams are inflated. */
  function pdfObjects(content: Uint8Array): { text: string; stream: Buffer | null }[] {
    const bytes = Buffer.from(content);
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(bytes.toString('latin1'))?.[1]);
    const offsets = bytes.toString('latin1', start).matchAll(/(\d{10}) 00000 n/g);
    return [...offsets].map(([, digits], index) => {
      const offset = Number(digits);
      const whole = bytes.toString('latin1', offset);
      expect(whole.startsWith(`${index + 1} 0 obj\n`)).toBe(true);
      const text = whole.slice(0, whole.indexOf('endobj'));
      const length = /\/Length (\d+)/.exec(text)?.[1];
      if (length === undefined) return { text, stream: null };
      const at = offset + text.indexOf('stream\n') + 'stream\n'.length;
      return { text, stream: inflateSync(bytes.subarray(at, at + Number(length))) };
    });
  }

  test('a PDF chart has the same size, its text can be searched, and it embeds only the used glyphs', async () => {
    const content = await chartContent('chart.pdf', draw, { width: 480, height: 320 });
    expect(content).toEqual(await chartContent('chart.pdf', draw, { width: 480, height: 320 }));
    if (typeof content === 'string') throw new Error('bytes');
    const objects = pdfObjects(content);
    const page = objects.find(({ text }) => text.includes('/Type /Page '))!;
    expect(page.text).toContain('/MediaBox [0 0 360 240]');
    // Glyphs become characters with the map of their font.
    const maps = objects
      .filter(({ stream }) => stream?.includes('beginbfchar') === true)
      .map(({ stream }) => {
        const pairs = stream!.toString().matchAll(/<(\w{4})> <(\w{4})>/g);
        return new Map([...pairs].map(([, glyph, unit]) => [glyph, Number.parseInt(unit!, 16)]));
      });
    const drawing = objects.find(({ stream }) => stream?.includes(' Tj') === true)!;
    const shown = [...drawing.stream!.toString().matchAll(/\/F(\d).*\n.*<(\w+)> Tj/g)].map(
      ([, font, codes]) => {
        const units = codes!.match(/.{4}/g)!.map((code) => maps[Number(font)]!.get(code) ?? 0);
        return String.fromCharCode(...units);
      },
    );
    expect(shown).toEqual(expect.arrayContaining(['learning rate', 'accuracy, %', 'min 0.1']));
    expect(shown).toContain('sample: λ and Ä');
    // Ä is made of two other glyphs. The whole fonts have 1.4 megabytes.
    expect(content.length).toBeLessThan(40_000);
  });

  test('every kind of chart can be written as PDF', async () => {
    const results = toResults(study, scoredTrials);
    const attempt = {
      ...openAttempt({ stage: 'fine', index: 1, replicate: 1 }, 1),
      endedAtMs: 2e12,
    };
    const picture = {
      record: study,
      results,
      trials: scoredTrials,
      attempts: [{ ...attempt, outcome: 'lost' as const }],
      examples: [{ role: 'best', trial: scoredTrials[4]! }],
      method: [],
      workers: [],
      parameterDescription: 'the L2 strength',
      nowMs: 2e12,
    };
    const ofSpace = ['slices', 'parallel', 'importance', 'pair'];
    const wide = { ...picture, record: wideStudy, results: toResults(wideStudy, wideTrials) };
    for (const kind of Object.keys(chartKinds).filter(isChartKind)) {
      const content = await chartContent('chart.pdf', (document, theme) =>
        drawStudyChart(document, kind, ofSpace.includes(kind) ? wide : picture, theme),
      );
      expect(Buffer.from(content).toString('latin1', 0, 4), kind).toBe('%PDF');
    }
  });

  test('a chart file has the theme and the heading that were asked for', async () => {
    const dark = String(await chartContent('c.svg', draw, { theme: 'dark', title: 'none' }));
    expect(dark).toContain('fill="#14171b"');
    expect(dark).not.toContain('>sample: λ and Ä</text>');
    const named = String(await chartContent('-', draw, { title: 'Figure 1' }));
    expect(named).toContain('>Figure 1</text>');
  });
});

describe('a chart file', () => {
  test('a chart file is replaced as a whole, without temporary files', async () => {
    const dir = scratchDir();
    const path = join(dir, 'chart.svg');
    writeFileSync(path, 'old');
    await drawChart(path, draw);
    expect(readFileSync(path, 'utf8')).toBe(await chartContent('-', draw));
    expect(readdirSync(dir)).toEqual(['chart.svg']);
  });

  test('a chart file that cannot be written is OUTPUT_UNWRITABLE, and existing files stay', async () => {
    const dir = scratchDir();
    mkdirSync(join(dir, 'taken.svg'));
    await expect(drawChart(join(dir, 'taken.svg'), draw)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    await expect(drawChart(join(dir, 'no/such/dir.png'), draw)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    expect(readdirSync(dir)).toEqual(['taken.svg']);
  });

  test('a chart file that has another ending than .svg, .png and .pdf is rejected before the chart is drawn', () => {
    expect(() => checkChartPath('chart.PNG')).not.toThrow();
    for (const path of ['chart.eps', 'chart', 'svg', '-']) {
      expect(() => checkChartPath(path)).toThrow(/must end with .svg or .png or .pdf/);
    }
  });
});
