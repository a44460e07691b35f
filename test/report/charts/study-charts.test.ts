/** Charts as SVG: their marks and texts, for any input. */
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import {
  fileThemes,
  pageTheme,
  type ChartDocument,
} from '../../../src/report/charts/chart-style.ts';
import { parameterTicks, scientificText } from '../../../src/report/charts/axes.ts';
import { legendLines } from '../../../src/report/charts/chart-legend.ts';
import { freePlace } from '../../../src/report/charts/label-mark.ts';
import { differenceChart } from '../../../src/report/charts/difference-chart.ts';
import { finalValues } from '../../../src/report/charts/final-values.ts';
import { historyChart } from '../../../src/report/charts/history-chart.ts';
import { allCurves } from '../../../src/report/charts/all-curves.ts';
import { panelScales } from '../../../src/report/charts/page-hooks.ts';
import { parameterScatter } from '../../../src/report/charts/parameter-scatter.ts';
import { learningCurve } from '../../../src/report/charts/learning-curve.ts';
import { learningRateRange } from '../../../src/report/charts/learning-rate-range.ts';
import { cycleEnds, rateCorners } from '../../../src/report/charts/rate-cycles.ts';
import type { ScatterInput, ScatterTrial } from '../../../src/report/charts/scatter-scene.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { trainAndValidation } from '../../../src/report/charts/train-and-validation.ts';
import { learningRateAt } from '../../../src/trainers/two-layer/learning-rate.ts';
import { metricNamed } from '../../../src/report/text/number-format.ts';
import { classificationMetrics } from '../../../src/study/metrics.ts';
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
  { stage: 'fine', trial: 'fine/1', at: 2e-3, value: 0.47 },
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
    points: [1e-4, 1e-3, 1e-2].map((at) => ({ at, fit: 0.46, low: 0.45, high: 0.47, segment: 0 })),
  },
};

const drawScatter = (input: ScatterInput): string =>
  svgText((document) => parameterScatter(document, input, fileThemes.light));

describe('the scatter of λ against the objective', () => {
  test('the scatter has a mark for every trial, a bar for a narrowed range, a fit, a rule at its best value, and the name of the winner', () => {
    const svg = parsed(drawScatter(scatter));
    const marks = (label: string) => [...svg.querySelectorAll(`[data-mark="${label}"]`)];
    const dots = marks('dot').map((group) => group.children.length);
    // Hollow and filled dots of each stage, the failed trial's cross, the winner's ring.
    expect(dots).toEqual([1, 1, 2, 1, 1]);
    // The bar of the range, and the rule at the best place of the fit.
    expect(marks('rule').map((group) => group.children.length)).toEqual([1, 1]);
    expect(marks('area')).toHaveLength(1);
    expect(marks('line')).toHaveLength(1);
    expect(texts(drawScatter(scatter))).toContain('winner fine/1: λ 0.002, 47.00 %');
  });

  test('the scatter has a title and a description', () => {
    const svg = parsed(drawScatter(scatter));
    expect(svg.getAttribute('role')).toBe('img');
    expect(svg.querySelector('title')?.textContent).toBe('sample');
    expect(svg.querySelector('desc')?.textContent).toBe(
      'Scatter of λ, logarithmic from 1.00e-9 to 1.00e-1, against validation accuracy: 2 of stage coarse, 2 of stage fine; 1 failed; winner fine/1 at λ 0.002, 47.00 %.',
    );
  });

  test('the scatter enlarges the best values in a second panel if bad values would hide their differences', () => {
    const values = [0.96, 0.955, 0.9575, 0.96, 0.09];
    const trials = values.map((value, k) => {
      return { stage: 'coarse', trial: `coarse/${k + 1}`, at: 10 ** (k - 6), value };
    });
    const best = { trial: 'coarse/1', label: 'selected coarse/1' };
    const svg = drawScatter({ ...scatter, trials, fit: null, best });
    const dots = [...parsed(svg).querySelectorAll('[data-mark="dot"]')];
    // The good trials and the ring in the upper panel, all trials and the ring in the lower one.
    expect(dots.map((group) => group.children.length)).toEqual([4, 1, 5, 1]);
    expect(texts(svg)).toContain('selected coarse/1: λ 10⁻⁶, 96.00 %; 2 trials share this value');
    // Without a bad value, one panel is enough.
    expect(texts(drawScatter(scatter))).toContain('validation accuracy, %');
  });

  test('the zoomed scatter has only the trials inside', () => {
    const svg = parsed(drawScatter({ ...scatter, zoom: { min: 1e-3, max: 1e-2 } }));
    const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((g) => g.children.length);
    expect(dots.reduce((a, b) => a + b, 0)).toBe(3 + 1);
    expect(svg.querySelector('desc')?.textContent).toContain('1 of stage coarse, 2 of stage fine');
  });

  test('single runs are small dots behind the means of their configurations', () => {
    const replicates = [0.46, 0.48].map((value) => ({ stage: 'fine', at: 2e-3, value }));
    const svg = drawScatter({ ...scatter, replicates });
    const radii = [...parsed(svg).querySelectorAll('circle')].map((dot) => dot.getAttribute('r'));
    expect(radii.filter((r) => r === '1.6')).toHaveLength(2);
    expect(texts(svg)).toContain('single run');
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
      tied: fc.option(fc.boolean()),
    });
    const range = fc
      .tuple(lambda, lambda)
      .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
    fc.assert(
      fc.property(
        fc.array(trial, { maxLength: 12 }),
        fc.option(range.filter(({ min, max }) => max > min)),
        (trials, zoom) => {
          const svg = drawScatter({ ...scatter, trials, zoom });
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
      learningCurve(document, { title: 'curves', series, learningRate }, fileThemes.light),
    );

  test('learning curves of one series show cost, loss, accuracy and the rate, and the last values', () => {
    const svg = draw([{ label: 'seed 1', curve: curve(20) }]);
    const shown = texts(svg);
    for (const label of [
      'cost (loss + L2 penalty), nats',
      'loss (cross-entropy), nats',
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

  test('learning curves of a trainer without a learning rate have the axis of steps below the accuracy', () => {
    const metrics = classificationMetrics.filter(({ name }) => name !== 'learning_rate');
    const series = [{ label: 'seed 1', curve: curve(20) }];
    const svg = svgText((document) =>
      learningCurve(
        document,
        { title: 'curves', series, metrics, learningRate: null },
        fileThemes.light,
      ),
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(['accuracy, %', 'step']));
    expect(texts(svg)).not.toContain('learning rate');
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
    expect(texts(svg)).not.toContain('cost (loss + L2 penalty), nats');
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

test('the history has a step for each new best value and an arrow for each value beyond the axis', () => {
  const trials = [0.95, 0.09, 0.93, 0.96, null, 0.955, 0.958].map((value, k) => {
    return { stage: 'coarse', trial: `coarse/${k + 1}`, value, replicates: 1 };
  });
  const history = {
    title: 'history',
    metric: metricNamed('validation_accuracy'),
    direction: 'maximize' as const,
    stages: ['coarse'],
    trials,
    best: { trial: 'coarse/4', label: 'winner coarse/4' },
  };
  const drawn = svgText((d) => historyChart(d, history, fileThemes.light));
  expect(texts(drawn)).toEqual(expect.arrayContaining(['↓', 'winner coarse/4: 96.00 %']));
  const steps = parsed(drawn).querySelector('[data-mark="line"] path')?.getAttribute('d') ?? '';
  // Three moves right and one up.
  expect(new Set(steps.match(/[\d.]+(?=L|$)/g)).size).toBe(2);
});

describe('the differences to the best trial', () => {
  const differences = (count: number) => ({
    title: 'differences',
    subtitle: 'compared on the same 400 images',
    symbol: 'λ',
    parameterLabel: 'λ (log scale)',
    metric: metricNamed('validation_accuracy'),
    direction: 'maximize' as const,
    stages: ['coarse'],
    ranges: [{ min: 1e-6, max: 1 }],
    trials: Array.from({ length: count }, (_, k) => {
      const difference = k === 1 ? -0.9 : (-0.02 * k) / count;
      const [low, high] = [difference - 0.01, difference + 0.01];
      const at = 10 ** (-6 + (5 * k) / count);
      return { stage: 'coarse', trial: `coarse/${k}`, at, difference, low, high, tied: high >= 0 };
    }),
    best: { trial: 'coarse/0', label: 'winner coarse/0' },
  });
  const drawn = (count: number) =>
    svgText((d) => differenceChart(d, differences(count), fileThemes.light));
  const children = (svg: string, mark: string) =>
    [...parsed(svg).querySelectorAll(`[data-mark="${mark}"]`)].map((g) => g.children.length);

  test('each difference within the axis has an interval, and is hollow if it is significant', () => {
    const svg = drawn(8);
    // The line of the best, and the intervals; hollow and filled dots, and the ring.
    expect(children(svg, 'rule')).toEqual([1, 7]);
    expect(children(svg, 'dot')).toEqual([3, 4, 1]);
    expect(texts(svg)).toEqual(expect.arrayContaining(['↓', 'winner coarse/0: λ 10⁻⁶']));
  });

  test('the intervals of more than a hundred trials are a band', () => {
    const svg = drawn(120);
    expect(children(svg, 'area')).toEqual([1]);
    expect(children(svg, 'rule')).toEqual([1]);
  });
});

test('the chart of all curves has a line for each trial, with one colour for each value of λ', () => {
  const trials = [1e-6, 1e-4, 1e-2].map((at, k) => {
    return { trial: `coarse/${k + 1}`, at, curve: curve(5) };
  });
  const best = { trial: 'coarse/2', label: 'winner coarse/2' };
  const metric = metricNamed('validation_accuracy');
  const drawn = svgText((d) =>
    allCurves(d, { title: 'all', symbol: 'λ', metric, trials, best }, fileThemes.light),
  );
  const [lines] = [...parsed(drawn).querySelectorAll('[data-mark="line"]')];
  const colors = [...lines!.children].map((line) => line.getAttribute('stroke'));
  expect(new Set(colors).size).toBe(3);
  expect(texts(drawn)).toEqual(expect.arrayContaining(['λ 10⁻⁴', 'winner coarse/2']));
});

test('trials that were measured once are dots, and the chart says in lines that fit how to get curves', () => {
  const series = [{ label: 'best: coarse/1', curve: curve(1) }];
  const input = { title: 'once', series, metrics: classificationMetrics };
  const narrow = { ...fileThemes.light, width: 390 };
  const drawn = svgText((d) => finalValues(d, input, narrow));
  expect(texts(drawn)).toEqual(
    expect.arrayContaining([
      'measured once, here at the last step; "measure: epoch" in',
      'the study gives curves',
    ]),
  );
  // Training and validation, in the panels of accuracy and loss.
  expect([...parsed(drawn).querySelectorAll('circle')]).toHaveLength(4);
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

test('the values of λ are powers of ten, short decimals or multiples of a power, never 10µ', () => {
  const texts = [1e-9, 1e-3, 1, 10, 100, 2e-6, 0.0198, 1.5, 300, 2e5].map((at) =>
    scientificText(at),
  );
  expect(texts.join(' ')).toBe('10⁻⁹ 10⁻³ 1 10 10² 2×10⁻⁶ 0.0198 1.5 300 2×10⁵');
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
    svgText((d) => learningRateRange(d, { title: 'range', points, suggested }, fileThemes.light));
  expect(texts(draw({ min: 0.012, max: 0.025 }))).toEqual(
    expect.arrayContaining(['min 0.012', 'max 0.025', 'suggested range']),
  );
  expect(draw(null)).toContain('no range is suggested');
});

test('the chart of training and validation accuracy has two dots per trial and names the best one', () => {
  const trials = [1e-4, 1e-3, 1e-2].map((at) => ({
    at,
    training: 0.9,
    validation: at === 1e-2 ? null : 0.5,
  }));
  const input = {
    title: 'pairs',
    symbol: 'λ',
    parameterLabel: 'λ (log scale)',
    ranges: [{ min: 1e-6, max: 1 }],
    best: { at: 1e-3, label: 'winner' },
    trials,
  };
  const drawn = svgText((d) => trainAndValidation(d, input, fileThemes.light));
  // The axis is that of the ranges, as in the scatter.
  expect(texts(drawn)).toEqual(expect.arrayContaining(['10⁻⁶', '1', 'winner: λ 10⁻³']));
  const svg = parsed(drawn);
  const dots = [...svg.querySelectorAll('[data-mark="dot"]')].map((group) => group.children.length);
  expect(dots).toEqual([2, 2]);
});

test('a label of a legend that is wider than the chart has several lines, and the next item starts a new one', () => {
  const items = [
    { label: 'coarse', color: 'red', mark: 'circle' },
    { label: 'fitted curve, 95 % band of the difference', color: 'red', mark: 'line' },
    { label: 'fine', color: 'red', mark: 'circle' },
  ] as const;
  const lines = legendLines(items, 16, 250).map((line) =>
    line.map(({ label, mark }) => [label, mark]),
  );
  expect(lines).toEqual([
    [['coarse', 'circle']],
    [['fitted curve, 95 % band of the', 'line']],
    [['difference', 'none']],
    [['fine', 'circle']],
  ]);
});

test('a narrow chart has the label of the best trial right of the numbers of its axis', () => {
  const best = { trial: 'fine/1', label: 'winner of the study fine/1' };
  const drawn = svgText((d) => parameterScatter(d, { ...scatter, best, width: 336 }, pageTheme));
  const label = [...parsed(drawn).querySelectorAll('[data-mark="label"] text')];
  expect(label.map((line) => line.textContent)).toEqual([
    'winner of the study fine/1:',
    'λ 0.002, 47.00 %',
  ]);
  for (const line of label) expect(Number(line.getAttribute('x'))).toBeGreaterThanOrEqual(64);
});

test('the name of an axis that is wider than the chart loses its parentheses', () => {
  const metric = metricNamed('validation_loss');
  const drawn = (width: number): string[] =>
    texts(svgText((d) => parameterScatter(d, { ...scatter, metric, width }, pageTheme)));
  expect(drawn(760)).toContain('validation loss (cross-entropy), nats');
  expect(drawn(220)).toContain('validation loss, nats');
});

test('a label is near its point, inside the panel, and covers no dots if there is room', () => {
  const bounds = { left: 0, right: 400, top: 0, bottom: 200 };
  const size = { width: 100, height: 15 };
  const dots = Array.from({ length: 40 }, (_, k) => ({ x: 10 * k, y: 100 }));
  const { x, y } = freePlace({ x: 395, y: 100 }, size, bounds, dots);
  expect(x).toBeLessThanOrEqual(300);
  expect(Math.abs(y + 7 - 100)).toBeGreaterThan(10);
  expect(Math.abs(y + 7 - 100)).toBeLessThan(60);
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

test('a scatter for a page names the trial of each dot and has the scales of its axes; a file has no names', () => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  // The part of both axes that holds two of the trials.
  const input = { ...scatter, zoom: { min: 1e-3, max: 1e-2 }, valueZoom: [46.2, 48] as const };
  const chart = parameterScatter(document, input, pageTheme);
  const names = [...chart.querySelectorAll('[data-trial]')].map((dot) =>
    dot.getAttribute('data-trial'),
  );
  expect(names).toEqual(['fine/1', 'fine/2']);
  const [panel, ...others] = panelScales(chart);
  expect(others).toEqual([]);
  const { x, y } = panel!;
  expect(x.invert!(x.apply(2e-3))).toBeCloseTo(2e-3, 12);
  expect([...(y.domain ?? [])]).toEqual([46.2, 48]);
  expect(drawScatter(input)).not.toContain('data-trial');
});

test('a chart for a page uses the colours of the page', () => {
  const draw = (document: ChartDocument) => parameterScatter(document, scatter, pageTheme);
  const svg = svgText(draw);
  expect(svg).toContain('var(--surface)');
  expect(svg).not.toContain('#1a1a1a');
  expect(svg).not.toContain('<style');
});
