import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  smoothFit as fitCurve,
  type FitInput,
  type FitResult,
  type SmoothFit,
} from '../../../src/search/statistics/smooth-fit.ts';
import { normals } from '../support/correlated-trials.ts';
import { searchInputs, shapes } from '../support/fit-searches.ts';

const share = { direction: 'maximize', isShare: true, resolution: 1e-4 } as const;

function fitResult(inputs: readonly FitInput[], options: object = {}): FitResult {
  return fitCurve(inputs, { ...share, parameter: 'lambda', ...options });
}

function smoothFit(inputs: readonly FitInput[], options: object = {}): SmoothFit | null {
  return fitResult(inputs, options).fit;
}

interface Golden {
  readonly name: string;
  /** λ, value, error of the difference. */
  readonly inputs: readonly (readonly [number, number, number])[];
  /** At each trial but the last: exponent of λ, curve, low, high. */
  readonly points: readonly (readonly [number, number, number, number])[];
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL('golden/smooth-fit.json', import.meta.url), 'utf8'),
);

/** Values at these exponents of λ. */
function trialsAt(exponents: readonly number[], curve: (exponent: number) => number): FitInput[] {
  return exponents.map((exponent) => ({
    at: 10 ** exponent,
    value: curve(exponent),
    differenceError: 0,
  }));
}

function evenly(count: number, from: number, to: number): number[] {
  return Array.from({ length: count }, (_, index) => from + ((to - from) * (index + 0.5)) / count);
}

const segmentCount = (fit: SmoothFit | null): number =>
  new Set(fit?.points.map(({ segment }) => segment)).size;

describe('the smooth fit', () => {
  it.each(golden.map((example) => [example.name, example] as const))(
    'has the curve and the band of the numpy reference: %s',
    (_name, { inputs, points }) => {
      const fit = smoothFit(
        inputs.map(([at, value, differenceError]) => ({ at, value, differenceError })),
      );
      const found = new Map(fit!.points.map((point) => [Math.log10(point.at).toFixed(9), point]));
      const shared = points.filter(([exponent]) => found.has(exponent.toFixed(9)));
      expect(shared.length).toBeGreaterThan(points.length / 2);
      for (const [exponent, curve, low, high] of shared) {
        const point = found.get(exponent.toFixed(9))!;
        expect(point.fit).toBeCloseTo(curve, 6);
        expect(point.low).toBeCloseTo(low, 4);
        expect(point.high).toBeCloseTo(high, 4);
      }
    },
  );

  it('has a band that the errors of the images do not change, so that it is as wide at the best trial as beside it', () => {
    const inputs = trialsAt(evenly(30, -6, -1), (exponent) => 0.9 - 0.02 * (exponent + 3) ** 2);
    const best = inputs.reduce((top, one) => (one.value > top.value ? one : top));
    const withErrors = inputs.map((one) => ({ ...one, differenceError: one === best ? 0 : 0.004 }));
    const [plain, paired] = [smoothFit(inputs), smoothFit(withErrors)];
    expect(paired!.points).toEqual(plain!.points);
  });

  it('finds the top of a hump, whichever trial was luckiest', () => {
    const found = Array.from({ length: 8 }, (_, seed) =>
      smoothFit(searchInputs(shapes.hump, 30, seed)),
    );
    const exponents = found.map((fit) => Math.log10(fit?.bestAt ?? NaN));
    const near = exponents.filter((exponent) => Math.abs(exponent + 2.5) < 0.5);
    expect(near.length).toBeGreaterThanOrEqual(7);
  });

  it('finds the bottom for a minimized objective', () => {
    const trials = searchInputs(shapes.hump, 30, 1);
    const flipped = trials.map((trial) => ({ ...trial, value: 1 - trial.value }));
    const [up, down] = [smoothFit(trials), smoothFit(flipped, { direction: 'minimize' })];
    expect(down?.bestAt).toBeCloseTo(up?.bestAt ?? NaN, 12);
    expect(down?.reason).toBe(up?.reason);
    expect(up?.reason).toMatch(/^by the scatter of the trials alone, the fitted curve is best at/);
  });

  it('follows a cliff of shares to its foot, and stays flat before it', () => {
    const cliff = (exponent: number): number =>
      1 / (1 + Math.exp(-2.5 + Math.max(0, 5 * (exponent + 1)) ** 2));
    const exponents = evenly(200, -6, 0);
    const normal = normals(3);
    const trials = trialsAt(exponents, (exponent) => cliff(exponent) + 0.001 * normal());
    for (const { at, fit } of smoothFit(trials)!.points)
      expect(Math.abs(fit - cliff(Math.log10(at)))).toBeLessThan(0.02);
  });

  it('is null if all values are equal', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -900, max: -100 }), { minLength: 8, maxLength: 20 }),
        fc.constantFrom(1, 0.45, 2.302_585),
        (hundredths, value) => {
          const inputs = trialsAt(
            hundredths.map((exponent) => exponent / 100),
            () => value,
          );
          expect(smoothFit(inputs, { isShare: value <= 1 })).toBeNull();
          expect(smoothFit(inputs, { isShare: false, resolution: 0 })).toBeNull();
        },
      ),
      { numRuns: 5 },
    );
  });

  it('has no best place if the curve is flat on one side, and reports the other side', () => {
    const fit = smoothFit(searchInputs(shapes.cliff, 30, 3));
    expect(fit?.bestAt).toBeNull();
    expect(fit?.reason).toMatch(/significantly worse above λ \d.*no significant differences$/);
  });

  it('has no best place if the images could account for the difference', () => {
    const trials = searchInputs(shapes.hump, 30, 1);
    expect(smoothFit(trials)?.bestAt).not.toBeNull();
    const uncertain = trials.map((trial) => {
      return { ...trial, differenceError: trial.value > 0.465 ? 0 : 0.02 };
    });
    expect(smoothFit(uncertain)?.bestAt ?? null).toBeNull();
    const certain = trials.map((trial) => ({ ...trial, differenceError: 1e-4 }));
    expect(smoothFit(certain)?.reason).toMatch(/^the fitted curve is best at/);
  });

  it('has two segments if no trial is near a cliff, and ends them at the trials', () => {
    const gap = [...evenly(14, -6, -2), ...evenly(5, -0.6, 0)];
    const fit = smoothFit(trialsAt(gap, (exponent) => (exponent < -1 ? 0.95 : 0.1)));
    expect(segmentCount(fit)).toBe(2);
    const places = fit!.points.map(({ at }) => Math.log10(at));
    expect(places.filter((at) => at > gap[13]! + 1e-9 && at < gap[14]! - 1e-9)).toEqual([]);
  });

  it('has one segment over a gap on a plateau', () => {
    const normal = normals(5);
    const trials = trialsAt([...evenly(9, -6, -4), ...evenly(9, -3, -1)], (exponent) => {
      return (exponent < -1.4 ? 0.95 : 0.93) + 0.001 * normal();
    });
    expect(segmentCount(smoothFit(trials))).toBe(1);
  });

  it('is contradicted, and null, if neighbouring trials behave in two ways', () => {
    const normal = normals(7);
    const exponents = evenly(60, -6, 0);
    const trials = trialsAt(exponents, (exponent) => {
      const isLost = exponent > -1.2 && exponents.indexOf(exponent) % 2 === 0;
      return (isLost ? 0.3 : 0.95) + 0.001 * normal();
    });
    expect(fitResult(trials)).toEqual({ fit: null, isFitContradicted: true });
  });

  it('is null for few trials and for many trials at few values', () => {
    const few = searchInputs(shapes.hump, 7, 1);
    expect(smoothFit(few)).toBeNull();
    expect(smoothFit([...few, ...few, ...few])).toBeNull();
    expect(smoothFit([])).toBeNull();
  });

  it('is computed for 10,000 trials in less than a second of processor time', () => {
    const trials = searchInputs(shapes.hump, 10_000, 1);
    const start = process.cpuUsage();
    expect(smoothFit(trials)?.bestAt).not.toBeNull();
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });
});
