/** Charts as SVG: their marks and texts, for any input. */
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import {
  fileTheme,
  pageTheme,
  type ChartDocument,
} from '../../../src/report/charts/chart-style.ts';
import { parameterTicks } from '../../../src/report/charts/axes.ts';
import { parameterScatter } from '../../../src/report/charts/parameter-scatter.ts';
import { learningCurve } from '../../../src/report/charts/learning-curve.ts';
import { learningRateRange } from '../../../src/report/charts/learning-rate-range.ts';
import { cycleEnds, rateCorners } from '../../../src/report/charts/rate-cycles.ts';
import type { ScatterInput, ScatterTrial } from '../../../src/report/charts/scatter-scene.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { trainAndValidation } from '../../../src/report/charts/train-and-validation.ts';
import { learningRateAt } from '../../../src/trainers/two-layer/learning-rate.ts';
import { metricNamed } from '../../../src/report/text/number-format.ts';
import type { Measurement } from '../../../src/study/trial.ts';

/** The SVG, read back by a parser. */
function parsed(svg: string) {
  const { document } = parseHTML(`<!doctype html><body>${svg}</body>`);
  const root = document.querySelector('svg');
  expect(root).not.toBeNull();
  return root!;
}

function texts(svg: string): string[] {
  return [...parsed(svg).querySelectorAll('text')].map((text) => text.textContent);
}

function curve(points: number): Measurement[] {
  return Array.from({ length: points }, (_, index) => ({
    step: 100 * (index + 1),
    metrics: {
      epoch: index + 1,
      learning_rate: 1e-3,
      train_loss: 2 / (index + 1),
      train_cost: 2.1 / (index + 1),
      train_accuracy: 1 - 1 / (index + 2),
      validation_loss: 2.2 / (index + 1),
      validation_cost: 2.3 / (index + 1),
      validation_accuracy: 0.9 - 1 / (index + 2),
    },
  }));
}

const scatterTrials: readonly ScatterTrial[] = [
  { stage: 'coarse', trial: 'coarse/1', at: 1e-8, value: 0.41, tied: false },
  { stage: 'coarse', trial: 'coarse/2', at: 3e-3, value: 0.46, tied: true },
  { stage: 'coarse', trial: 'coarse/3', at: 9e-2, value: null },
  { stage: 'fine', trial: 'fine/1', at: 2e-3, value: 0.47, standardError: 0.005 },
  { stage: 'fine', trial: 'fine/2', at: 5e-3, value: 0.465 },
];

const scatter: ScatterInput = {
  title: 'sample',
  symbol: 'λ',
  metric: metricNamed('validation_accuracy'),
  direction: 'maximize',
  stages: [
    { name: 'coarse', range: { min: 1e-9, max: 1e-1 }, isNarrowed: false },
    { name: 'fine', range: { min: 1e-3, max: 1e-2 }, isNarrowed: true },
  ],
  trials: scatterTrials,
  best: { trial: 'fine/1', label: 'winner fine/1' },
  fit: {
    bestAt: 2.5e-3,
    points: [1e-4, 1e-3, 1e-2].map((at) => ({ at, fit: 0.46, low: 0.45, high: 0.47 })),
  },
};

const drawScatter = (input: ScatterInput): string =>
  svgText((document) => parameterScatter(document, input, fileTheme));

describe('the scatter of λ against the objective', () => {
  test('the scatter has a mark for every trial, a band, a fit, a rule at its best value, and the name of the winner', () => {
    const svg = parsed(drawScatter(scatter));
    const marks = (label: string) => [...svg.querySelectorAll(`[data-mark="${label}"]`)];
    const dots = marks('dot').map((group) => group.children.length);
    // Hollow and filled dots of each stage, the failed trial's cross, the winner's ring.
    expect(dots).toEqual([1, 1, 2, 1, 1]);
    expect(marks('rect')).toHaveLength(1);
    expect(marks('area')).toHaveLength(1);
    expect(marks('line')).toHaveLength(1);
    expect(texts(drawScatter(scatter))).toContain('winner fine/1: λ 2.00e-3, 47.00 %');
  });

  test('the scatter has a title and a description', () => {
    const svg = parsed(drawScatter(scatter));
    expect(svg.getAttribute('role')).toBe('img');
    expect(svg.querySelector('title')?.textContent).toBe('sample');
    expect(svg.querySelector('desc')?.textContent).toBe(
      'Scatter of λ, logarithmic from 1.00e-9 to 1.00e-1, against validation accuracy: 2 of stage coarse, 2 of stage fine; 1 failed; winner fine/1 at λ 2.00e-3 with 47.00 %.',
    );
  });

  test('the labels of λ are powers of ten, never 10µ', () => {
    const labels = texts(drawScatter(scatter)).filter((text) => /^\d\S*e-\d+$/.test(text));
    expect(labels).toEqual([
      '1e-9',
      '1e-8',
      '1e-7',
      '1e-6',
      '1e-5',
      '1e-4',
      '1e-3',
      '1e-2',
      '1e-1',
    ]);
  });

  test('the zoomed scatter has only the trials inside, with bars of one standard error', () => {
    const zoom = { ...scatter, zoom: { min: 1e-3, max: 1e-2 }, showErrors: true };
    const svg = parsed(drawScatter(zoom));
    const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((g) => g.children.length);
    expect(dots.reduce((a, b) => a + b, 0)).toBe(3 + 1);
    expect(svg.querySelector('desc')?.textContent).toContain('1 of stage coarse, 2 of stage fine');
  });

  test('the zoomed scatter draws the fit up to the ends of its axis', () => {
    const svg = parsed(drawScatter({ ...scatter, zoom: { min: 3e-4, max: 5e-3 } }));
    const line = svg.querySelector('[data-mark="line"] path')?.getAttribute('d') ?? '';
    // Two crossings of the ends, and the one point between.
    expect(line.split(/[ML]/).filter((part: string) => part !== '')).toHaveLength(3);
  });

  test('the scatter of many thousand trials draws some, with the winner, and reports it', () => {
    const trials = Array.from({ length: 9000 }, (_, k) => ({
      stage: 'coarse',
      trial: `coarse/${k}`,
      at: 1e-9 * 10 ** ((8 * k) / 9000),
      value: k === 4001 ? 0.6 : 0.4,
    }));
    const svg = drawScatter({
      ...scatter,
      trials,
      best: { trial: 'coarse/4001', label: 'winner' },
    });
    expect(svg).toContain('3,001 of 9,000 trials drawn');
    expect(svg).toContain('60.00 %');
    expect(svg.length).toBeLessThan(1_000_000);
  });

  test('the scatter has no NaN or Infinity, for any trials', () => {
    const lambda = fc.double({ min: 1e-12, max: 10, noNaN: true });
    const value = fc.option(fc.double({ min: -10, max: 10 }));
    const trial = fc.record({
      stage: fc.constantFrom('coarse', 'fine', 'other'),
      trial: fc.constantFrom('a/1', 'a/2'),
      at: lambda,
      value,
      standardError: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      tied: fc.option(fc.boolean()),
    });
    const range = fc
      .tuple(lambda, lambda)
      .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
    fc.assert(
      fc.property(
        fc.array(trial, { maxLength: 12 }),
        fc.option(range.filter(({ min, max }) => max > min)),
        fc.boolean(),
        (trials, zoom, showErrors) => {
          const svg = drawScatter({ ...scatter, trials, zoom, showErrors });
          expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('learning curves', () => {
  const learningRate = { min: 1e-5, max: 0.1, stepSize: 500 };
  const draw = (series: readonly { label: string; curve: Measurement[] }[]): string =>
    svgText((document) =>
      learningCurve(document, { title: 'curves', series, learningRate }, fileTheme),
    );

  test('learning curves of one series show cost, loss, accuracy and the rate, and the last values', () => {
    const svg = draw([{ label: 'seed 1', curve: curve(20) }]);
    const shown = texts(svg);
    for (const label of [
      'cost',
      'loss',
      'accuracy, %',
      'learning rate',
      'step',
      '95.24',
      '85.24',
    ]) {
      expect(shown).toContain(label);
    }
    // Two whole cycles of 1,000 steps: two rules in each of the four panels.
    const rules = [...parsed(svg).querySelectorAll('[data-mark="rule"]')];
    expect(rules.map((group) => group.children.length)).toEqual([2, 2, 2, 2]);
    expect([parsed(svg).getAttribute('width'), parsed(svg).getAttribute('height')]).toEqual([
      '760',
      '691',
    ]);
  });

  test('learning curves of 150,000 measurements are drawn', () => {
    const svg = draw([{ label: 'seed 1', curve: curve(150_000) }]);
    expect(svg).toContain('after 15,000,000 steps');
  });

  test('learning curves of several series have no cost, which depends on λ', () => {
    const svg = draw([
      { label: 'best', curve: curve(20) },
      { label: 'worst', curve: curve(20) },
    ]);
    expect(texts(svg)).not.toContain('cost');
    expect(texts(svg)).toEqual(expect.arrayContaining(['best', 'worst', 'training', 'validation']));
  });

  test('learning curves of a diverged trial show the finite values', () => {
    const points = curve(4).map((m) =>
      m.step < 300 ? m : { ...m, metrics: { ...m.metrics, train_loss: NaN, train_cost: Infinity } },
    );
    expect(draw([{ label: 'diverged', curve: points }])).not.toMatch(/NaN|Infinity|undefined/);
    expect(draw([{ label: 'nothing', curve: [] }])).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test('the drawn corners of the learning rate have the rates that the trainer computes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 5000 }),
      (stepSize, stepMax) => {
        const rate = { min: 1e-5, max: 0.1, stepSize };
        for (const { step, value } of rateCorners(rate, stepMax)) {
          expect(value).toBeCloseTo(learningRateAt({ ...rate, cycleMultiplier: 1 }, step), 10);
        }
        expect(cycleEnds(rate, stepMax)).toHaveLength(
          Math.min(999, Math.floor(stepMax / (2 * stepSize))),
        );
      },
    ),
  );
});

test('the drawn corners of the learning rate are further apart in longer cycles', () => {
  const rate = { min: 0, max: 1, stepSize: 10, cycleMultiplier: 2 };
  expect(cycleEnds(rate, 140)).toEqual([20, 60, 140]);
});

test('the λ axis has at least two and at most twelve labels, in ascending order', () => {
  const bound = fc.integer({ min: -1400, max: 100 }).map((exponent) => 10 ** (exponent / 100));
  fc.assert(
    fc.property(bound, fc.integer({ min: 15, max: 1300 }), (min, hundredths) => {
      const ticks = parameterTicks({ min, max: min * 10 ** (hundredths / 100) });
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(12);
      expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    }),
  );
});

test('the chart of the learning-rate range shows the suggestion, or that there is none', () => {
  const points = [0.01, 0.02, 0.03].map((learningRate) => ({ learningRate, accuracy: 0.3 }));
  const draw = (suggested: { min: number; max: number } | null): string =>
    svgText((d) => learningRateRange(d, { title: 'range', points, suggested }, fileTheme));
  expect(texts(draw({ min: 0.012, max: 0.025 }))).toEqual(
    expect.arrayContaining(['min 0.012', 'max 0.025', 'suggested range']),
  );
  expect(draw(null)).toContain('no range is suggested');
});

test('the chart of training and validation accuracy has two dots per trial', () => {
  const trials = [1e-4, 1e-3, 1e-2].map((at) => ({
    at,
    training: 0.9,
    validation: at === 1e-2 ? null : 0.5,
  }));
  const svg = parsed(
    svgText((d) => trainAndValidation(d, { title: 'pairs', symbol: 'λ', trials }, fileTheme)),
  );
  const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((group) => group.children.length);
  expect(dots).toEqual([2, 2]);
});

describe('foreign text in a chart', () => {
  const hostile = '</title><script>alert(1)</script>\u001b[31m\u202e&';

  test('foreign text in a chart stays text, and the file is well-formed', () => {
    const svg = drawScatter({
      ...scatter,
      title: hostile,
      best: { trial: 'fine/1', label: hostile },
      stages: [{ name: hostile, range: null, isNarrowed: false }],
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u001b');
    expect(svg).not.toContain('\u202e');
    expect(parsed(svg).querySelectorAll('script')).toHaveLength(0);
  });
});

test('a chart for a page uses the colours of the page', () => {
  const draw = (document: ChartDocument) => parameterScatter(document, scatter, pageTheme);
  const svg = svgText(draw);
  expect(svg).toContain('var(--surface)');
  expect(svg).not.toContain('#1a1a1a');
  expect(svg).not.toContain('<style');
});
