/**
 * Gradient check: compares a kernel's gradients with numerical ones.
 *
 * It has two steps, since float32 is too coarse for differences. First the float64 oracle is compared
 * with centred differences of its cost, then a kernel's float32 gradient with the oracle.
 */
import { RandomStream } from '../../base/philox.ts';
import { Float64Oracle } from './float64-oracle.ts';
import type { Group, Parameters64 } from './float64-oracle.ts';
import { initialParameters } from './model.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';
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
  readonly name: Group;
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

const groups: readonly Group[] = ['w1', 'b1', 'w2', 'b2'];

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
  network.pixels.set(pixels);
  network.labels.set(labels);
  const [computed] = network.gradients(rows);

  const { scale, offset } = standardization;
  const x = Float64Array.from(pixels, (u, i) => u * scale[i % inputs]! + offset[i % inputs]!);
  const oracle = new Float64Oracle(request, { x, labels }, lambda);
  const lossOracle = new Float64Oracle(request, { x, labels }, 0);
  const exact = toFloat64(parameters);
  const gradient = oracle.gradient(exact);
  const lossGradient = lossOracle.gradient(exact);
  const chosen = new RandomStream(seed, 'recordOrder');
  return groups.map((name) => ({
    name,
    ...compareWithDifferences(
      oracle,
      exact,
      gradient,
      name,
      chosen.permutation(exact[name].length),
      samples,
    ),
    ...compareWithOracle(computed![name], lossGradient[name]),
  }));
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

function toFloat64({ w1, b1, w2, b2 }: NetworkParameters): Parameters64 {
  return {
    w1: Float64Array.from(w1),
    b1: Float64Array.from(b1),
    w2: Float64Array.from(w2),
    b2: Float64Array.from(b2),
  };
}

function compareWithDifferences(
  oracle: Float64Oracle,
  parameters: Parameters64,
  gradient: Parameters64,
  name: Group,
  indices: Uint32Array,
  samples: number,
): Pick<GradientGroupCheck, 'compared' | 'leftOut' | 'oracleError'> {
  const z = oracle.hiddenInputs(parameters);
  let compared = 0;
  let leftOut = 0;
  let errors = 0;
  let squares = 0;
  for (const index of indices) {
    if (compared === samples) break;
    const difference = oracle.difference(parameters, z, name, index, STEP);
    if (difference === null) {
      leftOut++;
      continue;
    }
    compared++;
    errors += (gradient[name][index]! - difference) ** 2;
    squares += difference ** 2;
  }
  return { compared, leftOut, oracleError: ratio(errors, squares) };
}

function compareWithOracle(
  computed: Float32Array,
  expected: Float64Array,
): Pick<GradientGroupCheck, 'maxAbsoluteError' | 'maxRelativeError' | 'normError'> {
  let maxAbsoluteError = 0;
  let maxRelativeError = 0;
  let errors = 0;
  let squares = 0;
  expected.forEach((value, index) => {
    const error = Math.abs(computed[index]! - value);
    const size = Math.max(Math.abs(value), Math.abs(computed[index]!), RELATIVE_FLOOR);
    maxAbsoluteError = Math.max(maxAbsoluteError, error);
    maxRelativeError = Math.max(maxRelativeError, error / size);
    errors += error * error;
    squares += value * value;
  });
  return { maxAbsoluteError, maxRelativeError, normError: ratio(errors, squares) };
}

/** √(errors / squares); 0 if there is no error. */
function ratio(errors: number, squares: number): number {
  return errors === 0 ? 0 : Math.sqrt(errors / squares);
}
