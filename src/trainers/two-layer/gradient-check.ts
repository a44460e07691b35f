/**
 * Are the gradients right? In two steps, since float32 is too coarse for differences: the float64
 * oracle against centred differences of the cost, then a kernel's float32 gradient against the oracle.
 */
import { RandomStream } from '../../base/philox.ts';
import { Float64Oracle } from './float64-oracle.ts';
import type { Group, Parameters64 } from './float64-oracle.ts';
import { initialParameters } from './model.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';
import type { Kernel } from './pack-network.ts';
import { standardizationOf } from './standardization.ts';

/** The step of the differences: their own error is least about here. */
const STEP = 1e-5;
/** Entries smaller than this have no meaningful relative error in float32. */
const RELATIVE_FLOOR = 1e-6;

export interface GradientCheckRequest extends NetworkShape {
  /** Records in the batch. */
  readonly rows: number;
  /** λ of the oracle's cost; a kernel's gradient is that of the loss alone. */
  readonly lambda: number;
  readonly seed: number;
  /** Entries of each group that are compared with differences; all where there are fewer. */
  readonly samples: number;
}

export interface GradientGroupCheck {
  readonly name: Group;
  /** Entries compared with differences, and entries left out at ReLU's corner. */
  readonly compared: number;
  readonly leftOut: number;
  /** ‖a − n‖ / ‖n‖, oracle a against differences n. */
  readonly oracleError: number;
  /** The kernel against the oracle without decay, over every entry. */
  readonly maxAbsoluteError: number;
  /** Of each entry, relative to the larger of the two, floored at 1e-6. */
  readonly maxRelativeError: number;
  /** ‖a − b‖ / ‖b‖ */
  readonly normError: number;
}

const groups: readonly Group[] = ['w1', 'b1', 'w2', 'b2'];

/** The most that each error may be. A relative error of single entries is told, and not judged. */
export const gradientLimits = { oracleError: 1e-8, maxAbsoluteError: 2e-6, normError: 1e-5 };

/** So written, NaN fails; and a group of which nothing was compared proves nothing. */
export function isRight(group: GradientGroupCheck): boolean {
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
  const standardization = standardizationOf({ images, records });
  const parameters = parametersWithBiases(seed, request);

  const network = kernel.openPack({ ...request, members: 1 });
  network.setStandardization(standardization);
  network.setParameters(0, parameters);
  network.pixels.set(pixels);
  network.labels.set(labels);
  const [ofKernel] = network.gradients(rows);

  const { scale, offset } = standardization;
  const x = Float64Array.from(pixels, (u, i) => u * scale[i % inputs]! + offset[i % inputs]!);
  const oracle = new Float64Oracle(request, { x, labels }, lambda);
  const lossOracle = new Float64Oracle(request, { x, labels }, 0);
  const exact = inFloat64(parameters);
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
    ...compareWithOracle(ofKernel![name], lossGradient[name]),
  }));
}

/** Biases start at 0, where an error in them could hide. */
function parametersWithBiases(seed: number, shape: NetworkShape): NetworkParameters {
  const parameters = initialParameters(seed, 1, shape);
  [parameters.b1, parameters.b2].forEach((bias, layer) => {
    const stream = new RandomStream(seed, 'weights', 1, 2 + layer);
    for (let i = 0; i < bias.length; i++) bias[i] = 0.1 * stream.normalAt(i);
  });
  return parameters;
}

function inFloat64({ w1, b1, w2, b2 }: NetworkParameters): Parameters64 {
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
  ofKernel: Float32Array,
  ofOracle: Float64Array,
): Pick<GradientGroupCheck, 'maxAbsoluteError' | 'maxRelativeError' | 'normError'> {
  let maxAbsoluteError = 0;
  let maxRelativeError = 0;
  let errors = 0;
  let squares = 0;
  ofOracle.forEach((right, index) => {
    const error = Math.abs(ofKernel[index]! - right);
    const size = Math.max(Math.abs(right), Math.abs(ofKernel[index]!), RELATIVE_FLOOR);
    maxAbsoluteError = Math.max(maxAbsoluteError, error);
    maxRelativeError = Math.max(maxRelativeError, error / size);
    errors += error * error;
    squares += right * right;
  });
  return { maxAbsoluteError, maxRelativeError, normError: ratio(errors, squares) };
}

/** √(errors / squares); 0 where there is no error. */
function ratio(errors: number, squares: number): number {
  return errors === 0 ? 0 : Math.sqrt(errors / squares);
}
