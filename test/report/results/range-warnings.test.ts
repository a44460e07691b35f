import { describe, expect, test } from 'vitest';
import type { ResultWarning } from '../../../src/report/results/warning.ts';
import type { Distribution } from '../../../src/study/search-space.ts';
import type { TrialRecord } from '../../../src/study/trial.ts';
import { completeResult, study, toResults, trial } from '../support/sample-study.ts';
import { openStudy, scored } from '../support/scored-study.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** The warnings about ranges of a study with these trials and this range of stage coarse. */
function rangeWarnings(
  { min, max }: Bounds,
  records: readonly TrialRecord[],
  changes = {},
): readonly ResultWarning[] {
  const [coarse, fine] = study.stages;
  const lambda: Distribution = { distribution: 'log_uniform', min, max };
  const stages = [
    { ...coarse!, trials: 12, space: { lambda } },
    { ...fine!, space: null, reason: null, closed: false },
  ];
  const { warnings } = toResults(openStudy({ stages, ...changes }), records);
  return warnings.filter(({ code }) => /bound|narrowed/.test(code));
}

/** Twelve trials evenly in log λ, with `right` of 400 images correct at each exponent. */
function search({ min, max }: Bounds, right: (exponent: number) => number): TrialRecord[] {
  const [low, high] = [Math.log10(min), Math.log10(max)];
  return Array.from({ length: 12 }, (_, index) => {
    const exponent = low + ((high - low) * (index + 0.5)) / 12;
    return scored('coarse', index + 1, 10 ** exponent, { right: Math.round(right(exponent)) });
  });
}

/** Follows the advice until there is none. @returns the ranges, in order */
function follow(start: Bounds, right: (exponent: number) => number): Bounds[] {
  const ranges = [start];
  for (let range = start; ranges.length <= 6;) {
    const texts = rangeWarnings(range, search(range, right)).map(({ text }) => text);
    const advice = [...texts.join(' ').matchAll(/set (min|max): (\S+) in stage coarse/g)];
    if (advice.length === 0) break;
    for (const [, key = '', bound] of advice) range = { ...range, [key]: Number(bound) };
    ranges.push(range);
  }
  return ranges;
}

describe('advice to widen a range, followed until it ends,', () => {
  test('is not given on a plateau that reaches the bound', () => {
    const plateau = (exponent: number): number => 380 - 60 * Math.max(0, exponent + 2);
    const start = { min: 1e-6, max: 1 };
    expect(follow(start, plateau)).toEqual([start]);
    expect(rangeWarnings(start, search(start, plateau))).toEqual([
      {
        code: 'flat_to_lower_bound',
        stage: 'coarse',
        text: 'Validation accuracy is flat down to the lower bound of stage coarse (λ 1.00e-6): a wider range is unlikely to help.',
      },
    ]);
  });

  test('is not given for a study that failed', () => {
    const slope = (exponent: number): number => 380 - 20 * Math.max(0, exponent + 5);
    const range = { min: 1e-3, max: 1e-1 };
    const records = search(range, slope);
    expect(rangeWarnings(range, records)).toHaveLength(1);
    expect(rangeWarnings(range, records, { status: 'failed' })).toEqual([]);
  });

  test('goes down a slope to its plateau', () => {
    const slope = (exponent: number): number => 380 - 20 * Math.max(0, exponent + 5);
    expect(follow({ min: 1e-3, max: 1e-1 }, slope)).toEqual([
      { min: 1e-3, max: 1e-1 },
      { min: 1e-5, max: 1e-1 },
      { min: 1e-7, max: 1e-1 },
    ]);
  });

  test('goes up to a hump', () => {
    const hump = (exponent: number): number => 380 - 15 * (exponent - 0.5) ** 2;
    expect(follow({ min: 1e-4, max: 1e-2 }, hump).at(-1)).toEqual({ min: 1e-4, max: 1e2 });
  });

  test('ends where λ has no effect in float32, though the objective still rises', () => {
    const endless = (exponent: number): number => 200 - 15 * exponent;
    const ranges = follow({ min: 1e-4, max: 1e-2 }, endless);
    expect(ranges.length).toBeLessThan(6);
    expect(ranges.at(-1)!.min).toBeGreaterThan(1e-10);
  });

  test('ends at the largest value that the trainer allows', () => {
    const endless = (exponent: number): number => 200 + 15 * exponent;
    expect(follow({ min: 1, max: 1e3 }, endless).at(-1)).toEqual({ min: 1, max: 1e6 });
  });
});

describe('a range', () => {
  const bounds = { min: 1e-4, max: 1e-1 };

  test('whose bound is best has a warning that names the stage and the next bound', () => {
    const rising = search(bounds, (exponent) => 300 + 40 * exponent);
    expect(rangeWarnings(bounds, rising)).toEqual([
      {
        code: 'best_at_upper_bound',
        stage: 'coarse',
        text: 'The best trial, coarse/12, is at the upper bound of stage coarse (λ 1.00e-1), and smaller λ are significantly worse: set max: 1.00e+1 in stage coarse.',
      },
    ]);
  });

  test('whose bound is best has no warning if a diverged trial is beyond it', () => {
    const rising = search(bounds, (exponent) => 300 + 40 * exponent);
    const beyond = trial('coarse', 13, 0.099, {
      status: 'failed',
      reason: 'diverged',
      result: { kind: 'diverged', steps: 3, seconds: 0, curve: [] },
    });
    expect(rangeWarnings(bounds, [...rising, beyond])).toEqual([]);
  });

  test('of a loss is flat up to a bound if values there are within 1 % of the best', () => {
    const objective = { metric: 'validation_loss', direction: 'minimize' } as const;
    const losses = [0.1301, 0.13, 0.1302, 0.2].map((loss, index) =>
      trial('coarse', index + 1, 10 ** (index - 4), {
        result: completeResult(0.5, { validation_loss: loss }),
      }),
    );
    const spec = { ...study.spec, objective };
    const [flat] = rangeWarnings({ min: 1e-4, max: 1e-1 }, losses, { spec });
    expect(flat?.text).toMatch(/^Validation loss is flat down to the lower bound/);
  });

  test('that a stage hardly narrowed has a warning with its decades', () => {
    const [coarse, fine] = study.stages;
    const space = { lambda: { distribution: 'log_uniform', min: 1e-6, max: 1e-1 } } as const;
    const stages = [coarse!, { ...fine!, space }];
    const { warnings } = toResults(openStudy({ stages }), []);
    expect(warnings.map(({ text }) => text)).toEqual([
      'Stage fine still covers 5.0 of 8.0 decades of stage coarse: validation accuracy is nearly flat there.',
    ]);
  });

  test('has no advice from a lucky seed at its edge that a race dropped', () => {
    const second = scored('coarse', 2, 1e-2, { right: 200 });
    const raced = [
      scored('coarse', 1, 1e-1, { right: 210 }),
      second,
      { ...second, id: { ...second.id, replicate: 2 } },
      scored('coarse', 3, 1e-3, { right: 150 }),
    ];
    const codes = rangeWarnings({ min: 1e-4, max: 1e-1 }, raced).map(({ code }) => code);
    expect(codes).not.toContain('best_at_upper_bound');
  });
});
