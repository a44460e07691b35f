import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { log } from '../../../src/base/elementary.ts';
import { localRegression } from '../../../src/search/statistics/local-regression.ts';
import {
  smoothFit as fitCurve,
  type FitInput,
  type SmoothFit,
} from '../../../src/search/statistics/smooth-fit.ts';
import { normalDistribution, normals } from '../support/correlated-trials.ts';

function smoothFit(
  inputs: readonly FitInput[],
  direction: 'maximize' | 'minimize' = 'maximize',
): SmoothFit | null {
  return fitCurve(inputs, { direction, parameter: 'lambda' });
}

interface Golden {
  readonly name: string;
  /** λ, value, standard error. */
  readonly inputs: readonly (readonly [number, number, number])[];
  readonly span: number;
  readonly degrees: number;
  readonly deviation: number;
  /** Every fourth: λ, curve, low, high. */
  readonly points: readonly (readonly [number, number, number, number])[];
}

const golden: readonly Golden[] = JSON.parse(
  readFileSync(new URL('golden/smooth-fit.json', import.meta.url), 'utf8'),
);

function trialsOn(
  curve: (exponent: number) => number,
  count: number,
  noise: number,
  seed: number,
): FitInput[] {
  const normal = normals(seed);
  return Array.from({ length: count }, (_, index) => {
    const exponent = -9 + (8 * (index + 0.5)) / count;
    const value = curve(exponent) + noise * normal();
    return {
      at: 10 ** exponent,
      value,
      standardError: Math.sqrt((value * (1 - value)) / 10_000),
    };
  });
}

/** At random λ, as in a study. */
function scatteredLosses(
  curve: (exponent: number) => number,
  count: number,
  noise: number,
  seed: number,
): FitInput[] {
  const normal = normals(seed + 1);
  return Array.from({ length: count }, () => {
    const exponent = -9 + 8 * normalDistribution(normal());
    return { at: 10 ** exponent, value: curve(exponent) + noise * normal(), standardError: 0 };
  });
}

const hump = (exponent: number): number => {
  const z = exponent + 2.5;
  return z > 0 ? 0.47 - 0.05 * z * z : 0.44 + 0.03 * Math.exp(-z * z);
};

describe('the smooth fit', () => {
  it.each(golden.map((example) => [example.name, example] as const))(
    'has the curve and the band of the numpy reference: %s',
    (_name, { inputs: numbers, span, degrees, deviation, points }) => {
      const inputs = numbers.map(([lambda, value, standardError]) => ({
        at: lambda,
        value,
        standardError,
      }));
      const sorted = inputs.toSorted((a, b) => a.at - b.at);
      const regression = localRegression(
        sorted.map(({ at, value }) => ({ x: log(at), y: value, count: 1 })),
      );
      expect(regression?.span).toBe(span);
      expect(regression?.degrees).toBeCloseTo(degrees, 7);
      expect(regression?.deviation).toBeCloseTo(deviation, 9);
      const fit = smoothFit(inputs);
      for (const [index, [lambda, curve, low, high]] of points.entries()) {
        const found = fit!.points[4 * index]!;
        expect(found.at / lambda).toBeCloseTo(1, 9);
        expect(found.fit).toBeCloseTo(curve, 7);
        expect(found.low).toBeCloseTo(low, 4);
        expect(found.high).toBeCloseTo(high, 4);
      }
    },
  );

  it('reproduces a parabola in log λ exactly, wherever the trials are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -900, max: -100 }), { minLength: 12, maxLength: 40 }),
        fc.double({ min: -0.01, max: -0.001, noNaN: true }),
        (hundredths, bend) => {
          const x = hundredths.map((value) => value / 100).toSorted((a, b) => a - b);
          const parabola = (at: number): number => 0.5 + bend * (at + 5) ** 2 + 0.002 * at;
          const regression = localRegression(x.map((at) => ({ x: at, y: parabola(at), count: 1 })));
          fc.pre(regression !== null);
          const weights = regression.weightsAt(-5);
          const value = x.reduce((sum, at, index) => sum + weights[index]! * parabola(at), 0);
          expect(value).toBeCloseTo(parabola(-5), 6);
        },
      ),
    );
  });

  it('finds the top of a hump, whichever trial was luckiest', () => {
    const found = Array.from({ length: 40 }, (_, seed) =>
      smoothFit(trialsOn(hump, 30, 0.003, seed)),
    );
    const exponents = found.map((fit) => Math.log10(fit?.bestAt ?? NaN));
    expect(exponents.every((exponent) => Math.abs(exponent + 2.5) < 0.5)).toBe(true);
  });

  it('finds the bottom for a minimized objective', () => {
    const trials = trialsOn(hump, 30, 0.003, 1);
    const flipped = trials.map((trial) => ({ ...trial, value: 1 - trial.value }));
    const [up, down] = [smoothFit(trials), smoothFit(flipped, 'minimize')];
    expect(down?.bestAt).toBeCloseTo(up?.bestAt ?? NaN, 12);
    expect(down?.reason).toContain('lowest');
  });

  it('is null for a flat curve in at least 95 % of searches', () => {
    const silent = Array.from({ length: 200 }, (_, seed) =>
      smoothFit(trialsOn(() => 0.45, 30, 0.003, seed)),
    ).filter((fit) => fit === null);
    expect(silent.length).toBeGreaterThanOrEqual(190);
  });

  it('is null if all values are equal, whatever the rounding errors', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -900, max: -100 }), { minLength: 8, maxLength: 60 }),
        fc.constantFrom(1, 0.45, 2.302_585),
        (hundredths, value) => {
          const inputs = hundredths.map((exponent) => ({
            at: 10 ** (exponent / 100),
            value,
            standardError: 0,
          }));
          expect(smoothFit(inputs)).toBeNull();
        },
      ),
    );
  });

  it('is null for flat losses, whose image error is unknown, in at least 95 % of searches', () => {
    const silent = Array.from({ length: 200 }, (_, seed) =>
      smoothFit(
        scatteredLosses(() => 1.5, 30, 0.01, seed),
        'minimize',
      ),
    ).filter((fit) => fit === null);
    expect(silent.length).toBeGreaterThanOrEqual(190);
  });

  it.each([16, 30, 60])(
    'has no top from the overshoot at a sharp bend in at least 95 % of searches of %i trials',
    (count) => {
      const bend = (exponent: number): number => 1.5 + 0.1 * Math.max(0, exponent + 3);
      const named = Array.from({ length: 200 }, (_, seed) =>
        smoothFit(scatteredLosses(bend, count, 0.003, seed), 'minimize'),
      ).filter((fit) => fit !== null && fit.bestAt !== null);
      expect(named.length).toBeLessThanOrEqual(10);
    },
  );

  it('without an image error has a band that contains a sharply bent curve at 94 % of the places', () => {
    const bend = (exponent: number): number => 1.5 + 0.1 * Math.max(0, exponent + 3);
    let inside = 0;
    let places = 0;
    for (let seed = 0; seed < 100; seed++) {
      for (const point of smoothFit(scatteredLosses(bend, 30, 0.003, seed), 'minimize')!.points) {
        const truth = bend(Math.log10(point.at));
        places += 1;
        if (point.low <= truth && truth <= point.high) inside += 1;
      }
    }
    expect(inside / places).toBeGreaterThan(0.94);
  });

  it('has no top if the curve is flat on one side, and reports the other side', () => {
    const cliff = (exponent: number): number =>
      exponent < -3 ? 0.45 : 0.45 - 0.1 * (exponent + 3);
    const fit = smoothFit(trialsOn(cliff, 30, 0.002, 3));
    expect(fit?.bestAt).toBeNull();
    expect(fit?.reason).toMatch(/clearly lower only above λ \d/);
  });

  it('is null for few trials and for many trials at few values', () => {
    expect(smoothFit(trialsOn(hump, 7, 0.001, 1))).toBeNull();
    const repeated = trialsOn(hump, 5, 0.001, 1);
    expect(smoothFit([...repeated, ...repeated, ...repeated])).toBeNull();
    expect(smoothFit([])).toBeNull();
  });

  it('has a band that contains the true curve, image error included, at 93 % of the places', () => {
    let inside = 0;
    let places = 0;
    for (let seed = 0; seed < 60; seed++) {
      const normal = normals(1_000 + seed);
      // All trials share the images' error; the rest is independent.
      const common = 0.005 * normal();
      const shifted = trialsOn(hump, 40, 0.003, seed).map((trial) => ({
        ...trial,
        value: trial.value + common,
        standardError: 0.005,
      }));
      for (const point of smoothFit(shifted)!.points) {
        const truth = hump(Math.log10(point.at));
        places += 1;
        if (point.low <= truth && truth <= point.high) inside += 1;
      }
    }
    expect(inside / places).toBeGreaterThan(0.93);
  });

  it('is computed for 10,000 trials in less than a second', () => {
    const trials = trialsOn(hump, 10_000, 0.01, 1);
    const start = performance.now();
    expect(smoothFit(trials)?.bestAt).not.toBeNull();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
