/** Charts of several hyperparameters: their marks and texts, for every kind of hyperparameter. */
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, it, test } from 'vitest';
import { differenceChart } from '../../../src/report/charts/difference-chart.ts';
import { fileThemes, pageTheme, type ChartTheme } from '../../../src/report/charts/chart-style.ts';
import { importanceChart } from '../../../src/report/charts/importance-chart.ts';
import { pairChart } from '../../../src/report/charts/pair-chart.ts';
import { parallelCoordinates } from '../../../src/report/charts/parallel-coordinates.ts';
import { axisDomain, axisPosition, axisTicks } from '../../../src/report/charts/parameter-axis.ts';
import { parameterScatter } from '../../../src/report/charts/parameter-scatter.ts';
import { sliceChart } from '../../../src/report/charts/slice-chart.ts';
import type { SliceInput } from '../../../src/report/charts/slice-chart-input.ts';
import { importanceInput, pairInput, sliceInput } from '../../../src/report/charts/space-inputs.ts';
import { svgText } from '../../../src/report/charts/svg-text.ts';
import { trainAndValidation } from '../../../src/report/charts/train-and-validation.ts';
import { trialEnd } from '../../../src/report/results/trial-end.ts';
import { metricNamed } from '../../../src/report/text/number-format.ts';
import { parameterScale } from '../../../src/search/analysis/parameter-scale.ts';
import type { Distribution, Params } from '../../../src/study/search-space.ts';
import { toResults } from '../support/sample-study.ts';
import { wideStudy, wideTrials } from '../support/wide-study.ts';

const results = toResults(wideStudy, wideTrials);
const phone: ChartTheme = { ...fileThemes.dark, width: 360 };

function root(svg: string) {
  const { document } = parseHTML(`<!doctype html><body>${svg}</body>`);
  return document.querySelector('svg')!;
}

function texts(svg: string): string[] {
  return [...root(svg).querySelectorAll('text')].map((text) => text.textContent);
}

/** Panels, from left to right and from top to bottom. */
function panels(svg: string): { x: number; y: number }[] {
  return [...root(svg).children]
    .filter(({ tagName }) => tagName.toLowerCase() === 'svg')
    .map((panel) => ({
      x: Number(panel.getAttribute('x') ?? 0),
      y: Number(panel.getAttribute('y')),
    }));
}

describe('a slice chart', () => {
  const svg = svgText((document) => sliceChart(document, sliceInput(results), fileThemes.light));

  it('has a panel for each hyperparameter, the most important one first', () => {
    expect(panels(svg)).toHaveLength(6);
    const titles = texts(svg).filter((text) =>
      /^(λ|learning_rate\.max|hidden|dropout|shift|mirror)( \(log scale\))?$/.test(text),
    );
    expect(titles[0]).toBe('learning_rate.max (log scale)');
    expect(titles.toSorted()).toEqual([
      'dropout',
      'hidden',
      'learning_rate.max (log scale)',
      'mirror',
      'shift',
      'λ (log scale)',
    ]);
  });

  it('draws three panels next to each other, and one on a phone', () => {
    expect(new Set(panels(svg).map(({ x }) => x)).size).toBe(3);
    const narrow = svgText((document) => sliceChart(document, sliceInput(results), phone));
    expect(new Set(panels(narrow).map(({ x }) => x))).toEqual(new Set([0]));
  });

  it('labels the values of lists, and 0 left of a break of a logarithmic axis', () => {
    const shown = texts(svg);
    expect(shown).toEqual(expect.arrayContaining(['25', '50', '100', 'false', 'true', '0', '//']));
  });

  it('marks the best trial and diverged trials with signs, not with colours alone', () => {
    const shown = texts(svg);
    expect(shown).toContain('diverged');
    expect(shown.some((text) => /^best so far only\/51, 47\.66 %$/.test(text))).toBe(true);
  });

  it('leaves out trials in which the hyperparameter is inactive', () => {
    const only: SliceInput = {
      ...sliceInput(results),
      parameters: sliceInput(results).parameters.filter(({ name }) => name === 'dropout'),
    };
    const page = svgText((document) => sliceChart(document, only, pageTheme));
    const names = [...root(page).querySelectorAll('[data-trial]')];
    const active = wideTrials.filter(({ params }) => params['dropout'] !== undefined);
    expect(names).toHaveLength(active.length);
  });

  it('shows stopped trials apart from diverged ones', () => {
    const input = sliceInput(results);
    const trials = input.trials.map((one) => ({
      ...one,
      end: one.value === null ? ('stopped' as const) : one.end,
    }));
    const shown = texts(
      svgText((document) => sliceChart(document, { ...input, trials }, fileThemes.light)),
    );
    expect(shown).toContain('stopped');
    expect(shown).not.toContain('diverged');
  });
});

test('parallel coordinates have an axis for each hyperparameter and the objective, and a line for each trial', () => {
  const svg = svgText((document) => parallelCoordinates(document, sliceInput(results), phone));
  const shown = texts(svg);
  expect(shown).toEqual(
    expect.arrayContaining(['hidden', 'mirror', 'validation accuracy, %', '0', '//', '–']),
  );
  const lines = [...root(svg).querySelectorAll('[data-mark="line"] path')];
  expect(lines).toHaveLength(wideTrials.length);
  const widths = [...root(svg).querySelectorAll('[data-mark="line"]')].map((group) =>
    group.getAttribute('stroke-width'),
  );
  // Thickness shows the rank, too, and a dash that there is no value.
  expect(new Set(widths).size).toBeGreaterThan(2);
  expect(svg).toContain('stroke-dasharray="3 3"');
});

test('an importance chart has a share with its interval for each hyperparameter, and the sentence', () => {
  const input = importanceInput(results)!;
  const svg = svgText((document) => importanceChart(document, input, fileThemes.light));
  const shown = texts(svg);
  for (const symbol of ['λ', 'learning_rate.max', 'hidden', 'dropout', 'shift', 'mirror'])
    expect(shown.some((text) => text.startsWith(`${symbol} `) && /\d–\d+ %\)$/.test(text))).toBe(
      true,
    );
  expect(shown.join(' ')).toMatch(/these trials cannot tell: their intervals overlap/);
});

test('a pair chart has a cell for each pair of values, and every trial', () => {
  const input = pairInput(results)!;
  const svg = svgText((document) => pairChart(document, input, pageTheme));
  const [across, up] = input.parameters.map(({ scale }) =>
    scale.kind === 'list' ? scale.values.length : 16,
  );
  expect(root(svg).querySelectorAll('[data-mark="rect"] rect')).toHaveLength(across! * up!);
  expect(root(svg).querySelectorAll('[data-trial]')).toHaveLength(wideTrials.length);
});

const distributions: readonly Distribution[] = [
  { distribution: 'log_uniform', min: 1e-9, max: 0.1 },
  { distribution: 'uniform', min: -1, max: 1 },
  { distribution: 'integer', min: 3, max: 5 },
  { distribution: 'log_integer', min: 1, max: 4096 },
  { distribution: 'values', values: ['a', 'b'] },
  { distribution: 'values', values: [0.1] },
];

test('any trials give charts without numbers that are not finite', () => {
  const value = (of: Distribution): fc.Arbitrary<number | string> => {
    if (of.distribution === 'values') return fc.constantFrom(...of.values.map(String));
    return fc.constantFrom(of.min, of.max, (of.min + of.max) / 2, 0);
  };
  const rows = fc.array(
    fc.record({
      params: fc
        .record(Object.fromEntries(distributions.map((of, index) => [`p${index}`, value(of)])), {
          requiredKeys: [],
        })
        .map((params) => JSON.parse(JSON.stringify(params)) as Params),
      value: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      tied: fc.option(fc.boolean()),
    }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(rows, fc.constantFrom('maximize', 'minimize'), (trials, direction) => {
      const named = trials.map((one, index) => ({
        ...one,
        stage: 's',
        trial: `s/${index + 1}`,
        end: one.value === null ? ('diverged' as const) : ('complete' as const),
      }));
      const input: SliceInput = {
        title: 'any',
        metric: metricNamed('validation_accuracy'),
        direction,
        stages: ['s'],
        parameters: distributions.map((of, index) => {
          const name = `p${index}`;
          return { name, symbol: name, scale: parameterScale(name, [{ [name]: of }], named) };
        }),
        trials: named,
        best: named[0] === undefined ? null : { trial: named[0].trial, label: 'best' },
      };
      for (const draw of [sliceChart, parallelCoordinates])
        expect(svgText((document) => draw(document, input, phone))).not.toMatch(/NaN|Infinity/);
    }),
    { numRuns: 15 },
  );
});

test('the ticks of every axis are within its ends', () => {
  for (const of of distributions) {
    const scale = parameterScale('x', [{ x: of }], [{ params: { x: 0 } }]);
    const [low, high] = axisDomain(scale);
    for (const most of [2, 5, 12])
      for (const { at } of axisTicks(scale, most)) {
        expect(at).toBeGreaterThanOrEqual(low);
        expect(at).toBeLessThanOrEqual(high + 1e-9);
      }
  }
});

test('0 has a separate place on a logarithmic axis, and none without it', () => {
  const space = { x: distributions[0]! };
  const zero = parameterScale('x', [space], [{ params: { x: 0 } }]);
  const none = parameterScale('x', [space], [{ params: { x: 1e-5 } }]);
  expect(axisPosition(zero, 0)).toBeLessThan(axisPosition(zero, 1e-9));
  expect(axisTicks(zero, 5)[0]).toStrictEqual({ at: axisPosition(zero, 0), text: '0' });
  expect(axisTicks(none, 5).map(({ text }) => text)).not.toContain('0');
});

test('a trained trial has ended with a value, or diverged, or was stopped; any other has not', () => {
  expect(trialEnd('complete', 0.4, true)).toBe('complete');
  expect(trialEnd('failed', null, true)).toBe('diverged');
  expect(trialEnd('stopped', null, true)).toBe('stopped');
  expect(trialEnd('failed', null, false)).toBeNull();
  expect(trialEnd('paused', null, true)).toBeNull();
  expect(trialEnd('complete', null, true)).toBeNull();
});

describe('charts of one number', () => {
  const shared = {
    title: 'one',
    symbol: 'x',
    metric: metricNamed('validation_accuracy'),
    direction: 'maximize',
  } as const;
  const trials = [0, 1e-6, 1e-3, 1e-2].map((at, index) => ({
    stage: 's',
    trial: `s/${index + 1}`,
    at,
    value: 0.4 + 0.01 * index,
    difference: -0.01 * index,
    low: null,
    high: null,
    tied: true,
    training: 0.5,
    validation: 0.4,
  }));
  const stages = [{ name: 's', range: { min: 1e-6, max: 1e-2 }, isNarrowed: false }];
  const ranges = [{ min: 1e-6, max: 1e-2 }];
  const best = { trial: 's/1', label: 'winner s/1' };

  it('draw the trial with 0 left of a break, with its label', () => {
    const charts = [
      svgText((document) =>
        parameterScatter(document, { ...shared, stages, trials, best }, pageTheme),
      ),
      svgText((document) =>
        differenceChart(
          document,
          {
            ...shared,
            subtitle: '',
            parameterLabel: 'x',
            stages: ['s'],
            ranges,
            trials,
            best,
          },
          pageTheme,
        ),
      ),
      svgText((document) =>
        trainAndValidation(
          document,
          { ...shared, parameterLabel: 'x', ranges, best: { at: 0, label: 'winner' }, trials },
          pageTheme,
        ),
      ),
    ];
    for (const svg of charts) {
      expect(texts(svg)).toEqual(expect.arrayContaining(['0', '//']));
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
    expect(root(charts[0]!).querySelectorAll('[data-trial]')).toHaveLength(4);
    expect(texts(charts[0]!).join(' ')).toContain('x 0, 40.00 %');
  });

  it('show a stopped trial with a sign of its own', () => {
    const ended = [
      { ...trials[0]!, trial: 's/5', at: 1e-4, value: null, isStopped: true },
      { ...trials[0]!, trial: 's/6', at: 1e-5, value: null },
    ];
    const svg = svgText((document) =>
      parameterScatter(
        document,
        { ...shared, stages, trials: [...trials, ...ended], best },
        pageTheme,
      ),
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(['stopped', 'failed']));
    expect(root(svg).querySelectorAll('[data-trial]')).toHaveLength(6);
  });

  it('have a linear axis for a linear range', () => {
    const linear = trials.map((one, index) => ({ ...one, at: 0.1 * index }));
    const svg = svgText((document) =>
      parameterScatter(
        document,
        {
          ...shared,
          scale: 'linear',
          stages: [{ name: 's', range: { min: 0, max: 0.5 }, isNarrowed: false }],
          trials: linear,
          best,
        },
        pageTheme,
      ),
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(['0', '0.1', '0.2', '0.3', '0.4', '0.5']));
    expect(texts(svg)).not.toContain('//');
    expect(svg).toContain('linear from 0 to 0.5');
  });
});
