/**
 * Network model: parameters in canonical order, their initial values and their digest.
 *
 * Kernels have their own memory layouts. Outside of a kernel parameters have this form, so equal
 * networks have equal digests on every machine.
 */
import { sha256 } from '../../base/digest.ts';
import { RandomStream } from '../../base/philox.ts';

/** scores = ReLU(x · w1 + b1) · w2 + b2. */
export interface NetworkParameters {
  /** (D, H) row-major. */
  readonly w1: Float32Array<ArrayBuffer>;
  /** (H) */
  readonly b1: Float32Array<ArrayBuffer>;
  /** (H, C) row-major. */
  readonly w2: Float32Array<ArrayBuffer>;
  /** (C) */
  readonly b2: Float32Array<ArrayBuffer>;
}

export interface NetworkShape {
  /** D */
  readonly inputs: number;
  /** H */
  readonly hidden: number;
  /** C */
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

/**
 * Normal weights with standard deviation 1/√(fan-in), and biases 0. A function of seed and replicate:
 * trials that differ in λ only start with the same weights.
 */
export function initialParameters(
  seed: number,
  replicate: number,
  shape: NetworkShape,
): NetworkParameters {
  const parameters = zeroParameters(shape);
  const layers = [
    { weights: parameters.w1, fanIn: shape.inputs },
    { weights: parameters.w2, fanIn: shape.hidden },
  ];
  layers.forEach(({ weights, fanIn }, layer) => {
    const stream = new RandomStream(seed, 'weights', replicate, layer);
    const deviation = 1 / Math.sqrt(fanIn);
    for (let i = 0; i < weights.length; i++) weights[i] = stream.normalAt(i) * deviation;
  });
  return parameters;
}

/**
 * SHA-256 of little-endian w1, b1, w2, b2: 64 hexadecimal digits. Typed arrays have the machine's byte
 * order; a big-endian machine would fail the arithmetic self-test.
 */
export function parametersDigest({ w1, b1, w2, b2 }: NetworkParameters): string {
  return sha256(
    ...[w1, b1, w2, b2].map(
      (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    ),
  );
}

/** ‖W1‖² + ‖W2‖², each summed in float64 in canonical order. Biases have no decay. */
export function squaredNorm({ w1, w2 }: NetworkParameters): number {
  return sumOfSquares(w1) + sumOfSquares(w2);
}

/** Whether no parameter is NaN or infinite. */
export function allFinite({ w1, b1, w2, b2 }: NetworkParameters): boolean {
  return [w1, b1, w2, b2].every((array) => Number.isFinite(sumOfSquares(array)));
}

/** Squares of float32 numbers are exact in float64, and their sums do not overflow. */
function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
