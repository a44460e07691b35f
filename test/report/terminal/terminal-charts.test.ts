/** Terminal charts: they fit the width, fall back to ASCII, and show values at the right places. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../../src/report/text/display-width.ts';
import { roundTicks } from '../../../src/report/charts/round-ticks.ts';
import { createCanvas } from '../../../src/report/terminal/terminal-canvas.ts';
import { terminalCurve } from '../../../src/report/terminal/terminal-curve.ts';
import { terminalScatter } from '../../../src/report/terminal/terminal-scatter.ts';
import type { TextOptions } from '../../../src/report/text/text-options.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
import type { Measurement } from '../../../src/study/trial.ts';
import { completeResult, study, toResults, trial, trials } from '../support/sample-study.ts';

const plain = (width: number, unicode = true): TextOptions => ({
  width,
  unicode,
  color: (_style, text) => text,
});
const widths = fc.integer({ min: 1, max: 220 });
const rate = { min: 1e-5, max: 0.1, stepSize: 500 };

const last = trials[0]!.result!.curve[0]!;
const curve: Measurement[] = Array.from({ length: 20 }, (_, index) => ({
  step: 100 * (index + 1),
  metrics: {
    ...last.metrics,
    train_accuracy: 0.3 + index / 40,
    validation_accuracy: 0.3 + index / 60,
    train_loss: 2 - index / 20,
    validation_loss: 2 - index / 30,
  },
}));
const drawCurve = (points: readonly Measurement[], options: TextOptions): string =>
  terminalCurve(points, classificationMetrics, rate, options);

function widest(text: string): number {
  return text.split('\n').reduce((most, line) => Math.max(most, displayWidth(line)), 0);
}

describe('the scatter in a terminal', () => {
  const results = toResults(study, trials);

  test('the terminal scatter has a sign for each completed trial, a star for the best, and a legend', () => {
    const text = terminalScatter(results, plain(80));
    const body = text.split('\n').slice(1, -3).join('\n');
    const count = (sign: string): number => body.split(sign).length - 1;
    expect([count('●'), count('▲'), count('★')]).toEqual([2, 1, 1]);
    expect(text).toContain('★ winner fine/2, λ 1.23e-2, 47.12 %');
    expect(text).toContain('1e-9');
  });

  test('the terminal scatter fits every width from 40 columns, with and without a fit', () => {
    const points = [1e-8, 1e-5, 1e-2].map((at) => ({
      at,
      fit: 0.45,
      low: 0.4,
      high: 0.5,
      segment: 0,
    }));
    const fit = { points, bestAt: null, reason: 'flat' };
    fc.assert(
      fc.property(widths, fc.boolean(), fc.boolean(), (width, unicode, hasFit) => {
        const text = terminalScatter(
          { ...results, fit: hasFit ? fit : null },
          plain(width, unicode),
        );
        expect(widest(text)).toBeLessThanOrEqual(Math.max(40, width));
      }),
    );
  });

  test('the terminal scatter in an ASCII terminal is ASCII', () => {
    expect(terminalScatter(results, plain(80, false))).toMatch(/^[\n -~]*$/);
  });

  test('in the terminal scatter a greater λ is further right and a greater accuracy is higher', () => {
    const rows = [
      trial('coarse', 1, 1e-7),
      { ...trial('coarse', 2, 1e-3), result: trials[1]!.result },
    ];
    const text = terminalScatter(toResults({ ...study, winner: null }, rows), plain(80));
    const lines = text.split('\n');
    const high = lines.findIndex((line) => line.includes('★'));
    const low = lines.findIndex((line) => line.includes('●'));
    expect(high).toBeLessThan(low);
    expect(lines[high]!.indexOf('★')).toBeGreaterThan(lines[low]!.indexOf('●'));
  });

  test('the terminal scatter has signs for shared cells, for worse trials and for values beyond the axis', () => {
    const values = [0.96, 0.955, 0.958, 0.952, 0.09];
    const rows = values.flatMap((value, k) => {
      const change = { result: completeResult(value) };
      return [
        trial('coarse', k + 1, 10 ** (k - 7), change),
        // The first two fine trials are in the cells of coarse ones, the others next to them.
        ...(k < 4 ? [trial('fine', k + 1, (k < 2 ? 1 : 4) * 10 ** (k - 7), change)] : []),
      ];
    });
    const all = toResults({ ...study, winner: null }, rows);
    const worse = all.stages.map((stage) => ({
      ...stage,
      rows: stage.rows.map((row) => ({ ...row, tied: (row.value ?? 0) > 0.953 })),
    }));
    const text = terminalScatter({ ...all, stages: worse }, plain(80));
    const signs = (sign: string): number => text.split(sign).length - 1;
    // Each sign is also in the legend; the best one covers a shared cell.
    expect(['◐', '○', '△', '↓', '★'].map(signs)).toEqual([2, 2, 1, 2, 2]);
    expect(text).toMatch(/^ *96 ┤/m);
    expect(text).toMatch(/^ *95\.\d* ┤/m);
    expect(terminalScatter({ ...all, stages: worse }, plain(80, false))).toMatch(/^[\n -~]*$/);
  });

  test('the terminal scatter says why it is empty if no trial is complete', () => {
    const text = terminalScatter(toResults({ ...study, winner: null }, []), plain(80));
    expect(text).toBe('no chart: no selected trial has a value\n');
  });
});

describe('the learning curve in a terminal', () => {
  test('the terminal curve shows accuracy, loss and the rate, and fits every width', () => {
    const text = drawCurve(curve, plain(80));
    for (const word of ['accuracy, %', 'loss', 'learning rate', '2,000', 'validation']) {
      expect(text).toContain(word);
    }
    fc.assert(
      fc.property(widths, fc.boolean(), (width, unicode) => {
        expect(widest(drawCurve(curve, plain(width, unicode)))).toBeLessThanOrEqual(
          Math.max(40, width),
        );
      }),
    );
    expect(drawCurve(curve, plain(80, false))).toMatch(/^[\n -~]*$/);
    // Both ends of the axis have a number: accuracies from 30 to 77.5 %.
    expect(text).toMatch(/accuracy, %\n *80 ┤[^]*\n *30 ┤.*\n *└/);
  });

  test('the terminal curve of a diverged trial shows the finite values', () => {
    const points = curve.map((m) =>
      m.step < 1000
        ? m
        : { ...m, metrics: { ...m.metrics, train_loss: NaN, validation_loss: Infinity } },
    );
    expect(drawCurve(points, plain(80))).not.toMatch(/NaN|Infinity/);
    expect(drawCurve([], plain(80))).toBe('');
  });
});

describe('the canvas', () => {
  test('a cell of the canvas has two by four dots', () => {
    const canvas = createCanvas(1, 1, true);
    canvas.line({ x: 0, y: 0 }, { x: 0, y: 1 }, null, '#');
    expect(canvas.lines(plain(80))).toEqual(['⡇']);
    canvas.line({ x: 1, y: 0 }, { x: 1, y: 1 }, null, '#');
    expect(canvas.lines(plain(80))).toEqual(['⣿']);
  });

  test('the canvas ignores marks and lines outside', () => {
    const canvas = createCanvas(3, 2, true);
    const place = fc.record({
      x: fc.double({ min: -9, max: 9, noNaN: true }),
      y: fc.double({ min: -9, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(place, place, (from, to) => {
        canvas.line(from, to, null, '#');
        canvas.mark(to, '●', null);
        expect(canvas.lines(plain(80)).map(displayWidth)).toEqual([3, 3]);
      }),
    );
  });
});

test('round ticks are within the range, and there are not too many', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.integer({ min: 1, max: 10 }),
      (min, size, count) => {
        const ticks = roundTicks(min, min + size, count);
        expect(ticks.length).toBeLessThanOrEqual(count + 2);
        for (const tick of ticks) {
          expect(tick).toBeGreaterThanOrEqual(min - 1e-6 * size);
          expect(tick).toBeLessThanOrEqual(min + size + 1e-6 * size);
        }
      },
    ),
  );
});
