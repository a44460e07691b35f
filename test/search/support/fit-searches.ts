/** Simulated searches with a known curve of the objective over log λ, for tests of the smooth fit. */
import type { FitInput, FitOptions } from '../../../src/search/statistics/smooth-fit.ts';
import { normalDistribution, normals } from './correlated-trials.ts';

export interface Shape {
  /** The true objective at an exponent of λ. */
  readonly curve: (exponent: number) => number;
  /** Standard deviation of one trial. */
  readonly noise: number;
  /** The exponent of the best λ; null if a range of λ is best. */
  readonly best: number | null;
  readonly options: FitOptions;
}

const accuracy: FitOptions = {
  direction: 'maximize',
  isShare: true,
  resolution: 1e-4,
  parameter: 'lambda',
};
const loss: FitOptions = { ...accuracy, direction: 'minimize', isShare: false, resolution: 0 };

/** Mean accuracy on CIFAR-10 over four seeds of a network of 50 hidden units, by exponent of λ. */
const measured: readonly (readonly [number, number])[] = [
  [-9, 0.4475],
  [-3.52, 0.4475],
  [-3, 0.4525],
  [-2.495, 0.4576],
  [-2, 0.4698],
  [-1.745, 0.472],
  [-1.495, 0.463],
  [-1.252, 0.4341],
  [-1, 0.389],
];

function measuredAt(exponent: number): number {
  const after = Math.max(
    1,
    measured.findIndex(([at]) => exponent <= at),
  );
  const [[from, low], [to, high]] = [measured[after - 1]!, measured[after]!];
  return low + ((exponent - from) / (to - from)) * (high - low);
}

export const shapes = {
  flat: { curve: () => 0.45, noise: 0.003, best: null, options: accuracy },
  'flat loss': { curve: () => 1.5, noise: 0.01, best: null, options: loss },
  bend: {
    curve: (exponent) => 1.5 + 0.1 * Math.max(0, exponent + 3),
    noise: 0.003,
    best: null,
    options: loss,
  },
  cliff: {
    curve: (exponent) => 0.45 - 0.1 * Math.max(0, exponent + 3),
    noise: 0.003,
    best: null,
    options: accuracy,
  },
  hump: {
    curve: (exponent) => {
      const z = exponent + 2.5;
      return z > 0 ? 0.47 - 0.05 * z * z : 0.44 + 0.03 * Math.exp(-z * z);
    },
    noise: 0.003,
    best: -2.5,
    options: accuracy,
  },
  'CIFAR-10': { curve: measuredAt, noise: 0.004, best: -1.745, options: accuracy },
} as const satisfies Record<string, Shape>;

/** Trials at random λ, from 1e-9 to 1e-1. @param isNarrowed half of them are within 1.2 decades of the best */
export function searchInputs(
  { curve, noise, best }: Shape,
  count: number,
  seed: number,
  isNarrowed = false,
): FitInput[] {
  const normal = normals(7 * seed + 1);
  const uniform = (): number => normalDistribution(normal());
  return Array.from({ length: count }, (_, index) => {
    const isFine = isNarrowed && index >= count / 2;
    const exponent = isFine ? (best ?? -4) - 0.7 + 1.2 * uniform() : -9 + 8 * uniform();
    return { at: 10 ** exponent, value: curve(exponent) + noise * normal(), differenceError: 0 };
  });
}
