/** Charts as SVG: what they must hold, whatever they are given. */
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import {
  fileTheme,
  pageTheme,
  type ChartDocument,
} from '../../../src/report/charts/chart-style.ts';
import { lambdaTicks } from '../../../src/report/charts/lambda-axis.ts';
import { lambdaScatter } from '../../../src/report/charts/lambda-scatter.ts';
import { learningCurve } from '../../../src/report/charts/learning-curve.ts';
import { learningRateRange } from '../../../src/report/charts/learning-rate-range.ts';
import { cycleEndsUpTo, rateCorners } from '../../../src/report/charts/rate-cycles.ts';
import type { LambdaScatterInput, ScatterTrial } from '../../../src/report/charts/scatter-scene.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { trainAndValidation } from '../../../src/report/charts/train-and-validation.ts';
import { learningRateAt } from '../../../src/trainers/two-layer/learning-rate.ts';
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
    epoch: index + 1,
    learningRate: 1e-3,
    trainLoss: 2 / (index + 1),
    trainCost: 2.1 / (index + 1),
    trainAccuracy: 1 - 1 / (index + 2),
    validationLoss: 2.2 / (index + 1),
    validationCost: 2.3 / (index + 1),
    validationAccuracy: 0.9 - 1 / (index + 2),
    testLoss: null,
    testAccuracy: null,
  }));
}

const scatterTrials: readonly ScatterTrial[] = [
  { stage: 'coarse', trial: 'coarse/1', lambda: 1e-8, value: 0.41, tied: false },
  { stage: 'coarse', trial: 'coarse/2', lambda: 3e-3, value: 0.46, tied: true },
  { stage: 'coarse', trial: 'coarse/3', lambda: 9e-2, value: null },
  { stage: 'fine', trial: 'fine/1', lambda: 2e-3, value: 0.47, standardError: 0.005 },
  { stage: 'fine', trial: 'fine/2', lambda: 5e-3, value: 0.465 },
];

const scatter: LambdaScatterInput = {
  title: 'sample',
  objective: { metric: 'validation_accuracy', direction: 'maximize' },
  stages: [
    { name: 'coarse', range: { min: 1e-9, max: 1e-1 }, isNarrowed: false },
    { name: 'fine', range: { min: 1e-3, max: 1e-2 }, isNarrowed: true },
  ],
  trials: scatterTrials,
  best: { trial: 'fine/1', label: 'winner fine/1' },
  fit: {
    bestLambda: 2.5e-3,
    points: [1e-4, 1e-3, 1e-2].map((lambda) => ({ lambda, fit: 0.46, low: 0.45, high: 0.47 })),
  },
};

const drawScatter = (input: LambdaScatterInput): string =>
  svgText((document) => lambdaScatter(document, input, fileTheme));

describe('the scatter of λ against the objective', () => {
  test('has a mark for every trial, a band, a fit, a rule at its top, and names the winner', () => {
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

  test('says in words what it shows', () => {
    const svg = parsed(drawScatter(scatter));
    expect(svg.getAttribute('role')).toBe('img');
    expect(svg.querySelector('title')?.textContent).toBe('sample');
    expect(svg.querySelector('desc')?.textContent).toBe(
      'Scatter of λ, logarithmic from 1.00e-9 to 1.00e-1, against validation accuracy: 2 of stage coarse, 2 of stage fine; 1 failed; winner fine/1 at λ 2.00e-3 with 47.00 %.',
    );
  });

  test('labels λ as powers of ten, never as 10µ', () => {
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

  test('zoomed in, has only what lies inside, with bars of one standard error', () => {
    const zoom = { ...scatter, zoom: { min: 1e-3, max: 1e-2 }, showErrors: true };
    const svg = parsed(drawScatter(zoom));
    const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((g) => g.children.length);
    expect(dots.reduce((a, b) => a + b, 0)).toBe(3 + 1);
    expect(svg.querySelector('desc')?.textContent).toContain('1 of stage coarse, 2 of stage fine');
  });

  test('draws the fit up to the ends of the part that is shown', () => {
    const svg = parsed(drawScatter({ ...scatter, zoom: { min: 3e-4, max: 5e-3 } }));
    const line = svg.querySelector('[data-mark="line"] path')?.getAttribute('d') ?? '';
    // Two crossings of the ends, and the one point between.
    expect(line.split(/[ML]/).filter((part: string) => part !== '')).toHaveLength(3);
  });

  test('of many thousand trials draws some, the winner among them, and says so', () => {
    const trials = Array.from({ length: 9000 }, (_, k) => ({
      stage: 'coarse',
      trial: `coarse/${k}`,
      lambda: 1e-9 * 10 ** ((8 * k) / 9000),
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

  test('is drawn without NaN or Infinity, whatever the trials are', () => {
    const lambda = fc.double({ min: 1e-12, max: 10, noNaN: true });
    const value = fc.option(fc.double({ min: -10, max: 10 }));
    const trial = fc.record({
      stage: fc.constantFrom('coarse', 'fine', 'other'),
      trial: fc.constantFrom('a/1', 'a/2'),
      lambda,
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

  test('of one series show cost, loss, accuracy and the rate, and the last values', () => {
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

  test('of a training that was measured at every one of 150,000 steps are drawn', () => {
    const svg = draw([{ label: 'seed 1', curve: curve(150_000) }]);
    expect(svg).toContain('after 15,000,000 steps');
  });

  test('of several series leave out the cost, which another λ makes incomparable', () => {
    const svg = draw([
      { label: 'best', curve: curve(20) },
      { label: 'worst', curve: curve(20) },
    ]);
    expect(texts(svg)).not.toContain('cost');
    expect(texts(svg)).toEqual(expect.arrayContaining(['best', 'worst', 'training', 'validation']));
  });

  test('of a diverged trial are drawn as far as they are numbers', () => {
    const points = curve(4).map((m) =>
      m.step < 300 ? m : { ...m, trainLoss: NaN, trainCost: Infinity },
    );
    expect(draw([{ label: 'diverged', curve: points }])).not.toMatch(/NaN|Infinity|undefined/);
    expect(draw([{ label: 'nothing', curve: [] }])).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test("the rate's corners lie on the trainer's own triangle", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 5000 }),
      (stepSize, stepMax) => {
        const rate = { min: 1e-5, max: 0.1, stepSize };
        for (const { step, value } of rateCorners(rate, stepMax)) {
          expect(value).toBeCloseTo(learningRateAt(rate, step), 10);
        }
        expect(cycleEndsUpTo(rate, stepMax)).toHaveLength(
          Math.min(999, Math.floor(stepMax / (2 * stepSize))),
        );
      },
    ),
  );
});

test('cycles that grow have corners that move apart', () => {
  const rate = { min: 0, max: 1, stepSize: 10, cycleMultiplier: 2 };
  expect(cycleEndsUpTo(rate, 140)).toEqual([20, 60, 140]);
});

test('the λ axis has at least two and at most twelve labels, in ascending order', () => {
  const bound = fc.integer({ min: -1400, max: 100 }).map((exponent) => 10 ** (exponent / 100));
  fc.assert(
    fc.property(bound, fc.integer({ min: 15, max: 1300 }), (min, hundredths) => {
      const ticks = lambdaTicks({ min, max: min * 10 ** (hundredths / 100) });
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(12);
      expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
    }),
  );
});

test('the learning-rate range shows what it suggests, or that it suggests nothing', () => {
  const points = [0.01, 0.02, 0.03].map((learningRate) => ({ learningRate, accuracy: 0.3 }));
  const draw = (suggested: { min: number; max: number } | null): string =>
    svgText((d) => learningRateRange(d, { title: 'range', points, suggested }, fileTheme));
  expect(texts(draw({ min: 0.012, max: 0.025 }))).toEqual(
    expect.arrayContaining(['min 0.012', 'max 0.025', 'suggested range']),
  );
  expect(draw(null)).toContain('no range is suggested');
});

test('training and validation accuracy stand in pairs', () => {
  const trials = [1e-4, 1e-3, 1e-2].map((lambda) => ({
    lambda,
    trainAccuracy: 0.9,
    validationAccuracy: lambda === 1e-2 ? null : 0.5,
  }));
  const svg = parsed(svgText((d) => trainAndValidation(d, { title: 'pairs', trials }, fileTheme)));
  const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((group) => group.children.length);
  expect(dots).toEqual([2, 2]);
});

describe('foreign text in a chart', () => {
  const hostile = '</title><script>alert(1)</script>\u001b[31m\u202e&';

  test('stays text, and leaves the file well-formed', () => {
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

test('charts for a page take their ink and their background from it', () => {
  const draw = (document: ChartDocument) => lambdaScatter(document, scatter, pageTheme);
  const svg = svgText(draw);
  expect(svg).toContain('var(--surface)');
  expect(svg).not.toContain('#1a1a1a');
  expect(svg).not.toContain('<style');
});
