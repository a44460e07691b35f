/**
 * Gradient check: compares a kernel's gradients with numerical ones, in two steps, since float32 is too
 * coarse for differences. The float64 oracle is compared with centred differences of its cost, then the
 * kernel's float32 gradient with the oracle.
 */
import { RandomStream } from '../../base/philox.ts';
import { Float64Oracle } from './float64-oracle.ts';
import {
  initialParameters,
  parameterNames,
  type NetworkParameters,
  type NetworkShape,
} from './model.ts';
import type { Kernel } from './pack-network.ts';
import { standardize } from './standardization.ts';

/** Step of the differences; their own error is smallest near this value. */
const STEP = 1e-5;
/** Entries smaller than this have no meaningful relative error in float32. */
const RELATIVE_FLOOR = 1e-6;

export interface GradientCheckRequest extends NetworkShape {
  /** Records in the batch. */
  readonly rows: number;
  /** λ of the oracle's cost; a kernel's gradient is that of the loss without decay. */
  readonly lambda: number;
  readonly seed: number;
  /** Most entries of each group that are compared with differences. */
  readonly samples: number;
}

export interface GradientGroupCheck {
  readonly name: keyof NetworkParameters;
  /** Number of entries compared with differences. */
  readonly compared: number;
  /** Number of entries left out because a unit is at ReLU's corner. */
  readonly leftOut: number;
  /** ‖a − n‖ / ‖n‖ of the oracle's a and the differences n. */
  readonly oracleError: number;
  /** Largest |a − b| of the kernel's a and the oracle's b without decay, over all entries. */
  readonly maxAbsoluteError: number;
  /** Largest |a − b| relative to the larger of the two, and at least to 1e-6. */
  readonly maxRelativeError: number;
  /** ‖a − b‖ / ‖b‖ */
  readonly normError: number;
}

/** Largest errors that pass. The relative error of single entries has no limit. */
export const gradientLimits = { oracleError: 1e-8, maxAbsoluteError: 2e-6, normError: 1e-5 };

/** Whether all errors are within limits; false for NaN, and if nothing was compared. */
export function isCorrect(group: GradientGroupCheck): boolean {
  return (
    group.compared > 0 &&
    group.oracleError <= gradientLimits.oracleError &&
    group.maxAbsoluteError <= gradientLimits.maxAbsoluteError &&
    group.normError <= gradientLimits.normError
  );
}

export function checkGradients(
  kernel: Kernel,
  request: GradientCheckRequest,
): GradientGroupCheck[] {
  const { inputs, rows, lambda, seed, classes, samples } = request;
  const bytes = new RandomStream(seed, 'split');
  const pixels = Uint8Array.from({ length: rows * inputs }, (_, i) => bytes.uint32At(i) >>> 24);
  const labels = Uint8Array.from({ length: rows }, (_, r) => r % classes);
  const images = { pixels, labels, channels: 1, height: 1, width: inputs, classes, pixelMax: 255 };
  const records = Uint32Array.from({ length: rows }, (_, r) => r);
  const standardization = standardize({ images, records });
  const parameters = randomParameters(seed, request);

  const network = kernel.openPack({ ...request, members: 1 });
  network.setStandardization(standardization);
  network.setParameters(0, parameters);
  network.setImages(pixels, records);
  network.labels.set(labels);
  const [computed] = network.gradients(rows);

  const { scale, offset } = standardization;
  const x = Float64Array.from(pixels, (u, i) => u * scale[i % inputs]! + offset[i % inputs]!);
  const exact = {
    w1: Float64Array.from(parameters.w1),
    b1: Float64Array.from(parameters.b1),
    w2: Float64Array.from(parameters.w2),
    b2: Float64Array.from(parameters.b2),
  };
  const oracle = new Float64Oracle({ shape: request, x, labels, parameters: exact, lambda });
  const gradient = oracle.gradient(lambda);
  const lossGradient = oracle.gradient(0);
  const order = new RandomStream(seed, 'recordOrder');
  return parameterNames.map((name) => {
    const indices = order.permutation(exact[name].length);
    const differenceAt = (index: number): number | null => oracle.difference(name, index, STEP);
    return {
      name,
      ...compareWithDifferences(gradient[name], differenceAt, indices, samples),
      ...compareWithOracle(computed![name], lossGradient[name]),
    };
  });
}

/** Initial parameters with random biases: biases of 0 could hide an error. */
function randomParameters(seed: number, shape: NetworkShape): NetworkParameters {
  const parameters = initialParameters(seed, 1, shape);
  [parameters.b1, parameters.b2].forEach((bias, layer) => {
    const stream = new RandomStream(seed, 'weights', 1, 2 + layer);
    for (let i = 0; i < bias.length; i++) bias[i] = 0.1 * stream.normalAt(i);
  });
  return parameters;
}

function compareWithDifferences(
  gradient: Float64Array,
  differenceAt: (index: number) => number | null,
  indices: Uint32Array,
  samples: number,
): Pick<GradientGroupCheck, 'compared' | 'leftOut' | 'oracleError'> {
  const entries: number[] = [];
  const differences: number[] = [];
  let leftOut = 0;
  for (const index of indices) {
    if (entries.length === samples) break;
    const difference = differenceAt(index);
    if (difference === null) {
      leftOut++;
      continue;
    }
    entries.push(gradient[index]!);
    differences.push(difference);
  }
  return { compared: entries.length, leftOut, oracleError: normError(entries, differences) };
}

function compareWithOracle(
  computed: Float32Array,
  expected: Float64Array,
): Pick<GradientGroupCheck, 'maxAbsoluteError' | 'maxRelativeError' | 'normError'> {
  let maxAbsoluteError = 0;
  let maxRelativeError = 0;
  expected.forEach((value, index) => {
    const error = Math.abs(computed[index]! - value);
    const size = Math.max(Math.abs(value), Math.abs(computed[index]!), RELATIVE_FLOOR);
    maxAbsoluteError = Math.max(maxAbsoluteError, error);
    maxRelativeError = Math.max(maxRelativeError, error / size);
  });
  return { maxAbsoluteError, maxRelativeError, normError: normError(computed, expected) };
}

/** ‖a − b‖ / ‖b‖; 0 if there is no error. */
function normError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let errors = 0;
  let squares = 0;
  for (let i = 0; i < b.length; i++) {
    errors += (a[i]! - b[i]!) ** 2;
    squares += b[i]! ** 2;
  }
  return errors === 0 ? 0 : Math.sqrt(errors / squares);
}
