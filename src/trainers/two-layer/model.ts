/**
 * Network model: parameters in canonical order, their initial values and their digest.
 *
 * Kernels convert to and from this form, so equal networks have equal digests on every machine.
 */
import { sha256 } from '../../base/digest.ts';
import { RandomStream } from '../../base/philox.ts';
import { toBytes } from './bytes.ts';

export const parameterNames = ['w1', 'b1', 'w2', 'b2'] as const;

/** scores = ReLU(x · w1 + b1) · w2 + b2; row-major: w1 is (D, H), b1 (H), w2 (H, C), b2 (C). */
export type NetworkParameters = Readonly<
  Record<(typeof parameterNames)[number], Float32Array<ArrayBuffer>>
>;

/** D inputs, H hidden units, C classes. */
export interface NetworkShape {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
}

export function zeroParameters({ inputs, hidden, classes }: NetworkShape): NetworkParameters {
  return {
    w1: new Float32Array(inputs * hidden),
    b1: new Float32Array(hidden),
    w2: new Float32Array(hidden * classes),
    b2: new Float32Array(classes),
  };
}

/** Normal weights with standard deviation 1/√(fan-in), and biases 0. They do not depend on λ. */
export function initialParameters(
  seed: number,
  replicate: number,
  shape: NetworkShape,
): NetworkParameters {
  const parameters = zeroParameters(shape);
  for (const [layer, fanIn] of [shape.inputs, shape.hidden].entries()) {
    const weights = layer === 0 ? parameters.w1 : parameters.w2;
    const stream = new RandomStream(seed, 'weights', replicate, layer);
    const deviation = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = stream.normalAt(i) * deviation;
  }
  return parameters;
}

/** SHA-256 of little-endian w1, b1, w2, b2: 64 hexadecimal digits. */
export function parametersDigest(parameters: NetworkParameters): string {
  return sha256(...parameterNames.map((name) => toBytes(parameters[name])));
}

/** ‖W1‖² + ‖W2‖², each summed in float64 in canonical order. Biases have no decay. */
export function squaredNorm({ w1, w2 }: NetworkParameters): number {
  return sumOfSquares(w1) + sumOfSquares(w2);
}

export function allFinite(parameters: NetworkParameters): boolean {
  return parameterNames.every((name) => Number.isFinite(sumOfSquares(parameters[name])));
}

/** Squares of float32 numbers are exact in float64, and their sums do not overflow. */
function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
