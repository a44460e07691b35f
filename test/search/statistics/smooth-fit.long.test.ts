/** The smooth fit over thousands of simulated searches. Takes 10 to 20 minutes; runs with `npm run test:long`. */
import { describe, expect, test } from 'vitest';
import { smoothFit, type SmoothFit } from '../../../src/search/statistics/smooth-fit.ts';
import { searchInputs, shapes, type Shape } from '../support/fit-searches.ts';

const isLong = process.env['RIDGELINE_TEST_LONG'] === '1';
const searches = 200;
const counts = [16, 30, 60];

interface Summary {
  /** Shares of the searches that have a fit, and one with a best place. */
  readonly fitted: number;
  readonly named: number;
  /** Share of the curve's places whose band contains the truth. */
  readonly covered: number;
  /** Root mean square distance to the truth. */
  readonly error: number;
}

function summarize(shape: Shape, count: number): Summary {
  const fits = Array.from({ length: searches }, (_, seed) => seed).flatMap((seed) => {
    const { fit } = smoothFit(searchInputs(shape, count, seed, seed % 2 === 1), shape.options);
    return fit === null ? [] : [fit];
  });
  const places = fits.flatMap((fit) => evenPlaces(fit));
  const truths = places.map(({ at }) => shape.curve(Math.log10(at)));
  const inside = places.filter(({ low, high }, i) => low <= truths[i]! && truths[i]! <= high);
  const squares = places.reduce((sum, { fit }, i) => sum + (fit - truths[i]!) ** 2, 0);
  return {
    fitted: fits.length / searches,
    named: fits.filter(({ bestAt }) => bestAt !== null).length / searches,
    covered: inside.length / places.length,
    error: Math.sqrt(squares / places.length),
  };
}

/** The points that are at least a twentieth of a decade apart: others are dense where trials are. */
function evenPlaces({ points }: SmoothFit): SmoothFit['points'] {
  let last = 0;
  return points.filter(({ at }) => {
    if (Math.log10(at / last) < 0.05) return false;
    last = at;
    return true;
  });
}

describe.skipIf(!isLong)('over simulated searches', { timeout: 3_600_000 }, () => {
  test.each(counts)(
    'a flat curve has a fit in at most one of 20 searches of %i trials',
    (count) => {
      expect(summarize(shapes.flat, count).fitted).toBeLessThanOrEqual(0.05);
      expect(summarize(shapes['flat loss'], count).fitted).toBeLessThanOrEqual(0.05);
    },
  );

  test.each(counts)(
    'a curve that is flat on one side has a best place in at most one of 20 searches of %i trials',
    (count) => {
      for (const shape of [shapes.bend, shapes.cliff]) {
        const { named, covered } = summarize(shape, count);
        expect(named).toBeLessThanOrEqual(0.05);
        expect(covered).toBeGreaterThan(0.9);
      }
    },
  );

  test.each(counts)(
    'the hump of CIFAR-10 is found, and the band holds it, in searches of %i trials',
    (count) => {
      const { fitted, covered, error } = summarize(shapes['CIFAR-10'], count);
      expect(fitted).toBeGreaterThan(0.8);
      expect(covered).toBeGreaterThan(0.9);
      expect(error).toBeLessThan(0.003);
    },
  );
});
