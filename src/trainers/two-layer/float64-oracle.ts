/**
 * Float64 oracle: cost and gradient of the network in textbook form, and the gradient by differences.
 *
 * `gradient-check.ts` compares kernels with it. It shares only the formulas with the kernels: it does not
 * round to float32, and has no rule for the order of sums and no memory layout.
 */
import { exp, log } from '../../base/elementary.ts';
import type { NetworkShape } from './model.ts';

export type Group = 'w1' | 'b1' | 'w2' | 'b2';
export type Parameters64 = Readonly<Record<Group, Float64Array>>;

/** The records of a batch. */
export interface Records64 {
  /** (N, D) standardised. */
  readonly x: Float64Array;
  /** (N) */
  readonly labels: Uint8Array;
}

export class Float64Oracle {
  readonly #shape: NetworkShape;
  readonly #records: Records64;
  readonly #lambda: number;
  readonly #rows: number;

  constructor(shape: NetworkShape, records: Records64, lambda: number) {
    this.#shape = shape;
    this.#records = records;
    this.#lambda = lambda;
    this.#rows = records.labels.length;
  }

  /** (N, H) inputs of ReLU: x · w1 + b1. */
  hiddenInputs(parameters: Parameters64): Float64Array {
    const z = new Float64Array(this.#rows * this.#shape.hidden);
    for (let j = 0; j < this.#shape.hidden; j++) this.#hiddenColumn(z, parameters, j);
    return z;
  }

  /** Mean loss + λ(‖W1‖² + ‖W2‖²). @param z (N, H) `hiddenInputs(parameters)` */
  cost(parameters: Parameters64, z: Float64Array): number {
    const { classes } = this.#shape;
    const scores = this.#scores(parameters, z);
    let loss = 0;
    for (let i = 0; i < this.#rows; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const max = row.reduce((a, b) => Math.max(a, b));
      const sum = row.reduce((total, score) => total + exp(score - max), 0);
      loss += log(sum) - (row[this.#records.labels[i]!]! - max);
    }
    const decay = sumOfSquares(parameters.w1) + sumOfSquares(parameters.w2);
    return loss / this.#rows + this.#lambda * decay;
  }

  /** The gradient of the cost by the chain rule. */
  gradient(parameters: Parameters64): Parameters64 {
    const { inputs: D, hidden: H, classes: C } = this.#shape;
    const { x } = this.#records;
    const z = this.hiddenInputs(parameters);
    const ds = this.#scoreGradient(parameters, z);
    const w1 = parameters.w1.map((w) => 2 * this.#lambda * w);
    const w2 = parameters.w2.map((w) => 2 * this.#lambda * w);
    const b1 = new Float64Array(H);
    const b2 = new Float64Array(C);
    for (let i = 0; i < this.#rows; i++) {
      for (let c = 0; c < C; c++) b2[c]! += ds[i * C + c]!;
      for (let j = 0; j < H; j++) {
        const active = z[i * H + j]!;
        if (!(active > 0)) continue;
        let dz = 0;
        for (let c = 0; c < C; c++) {
          w2[j * C + c]! += active * ds[i * C + c]!;
          dz += ds[i * C + c]! * parameters.w2[j * C + c]!;
        }
        b1[j]! += dz;
        for (let k = 0; k < D; k++) w1[k * H + j]! += x[i * D + k]! * dz;
      }
    }
    return { w1, b1, w2, b2 };
  }

  /**
   * One entry of the gradient as (J(θ + h) − J(θ − h)) / 2h; null if the step may move a unit across
   * ReLU's corner, where the difference is not the derivative.
   *
   * @param z  `hiddenInputs(parameters)`; changed and restored, like the entry itself
   */
  difference(
    parameters: Parameters64,
    z: Float64Array,
    group: Group,
    index: number,
    h: number,
  ): number | null {
    const unit = index % this.#shape.hidden; // Of w1 and b1; the others do not change z.
    const first = group === 'w1' || group === 'b1';
    if (first && this.#crossesCorner(z, group, index, h)) return null;
    const entries = parameters[group];
    const value = entries[index]!;
    const costAt = (moved: number): number => {
      entries[index] = moved;
      if (first) this.#hiddenColumn(z, parameters, unit);
      return this.cost(parameters, z);
    };
    const difference = (costAt(value + h) - costAt(value - h)) / (2 * h);
    entries[index] = value;
    if (first) this.#hiddenColumn(z, parameters, unit);
    return difference;
  }

  #hiddenColumn(z: Float64Array, { w1, b1 }: Parameters64, j: number): void {
    const { inputs: D, hidden: H } = this.#shape;
    const { x } = this.#records;
    for (let i = 0; i < this.#rows; i++) {
      let sum = b1[j]!;
      for (let k = 0; k < D; k++) sum += x[i * D + k]! * w1[k * H + j]!;
      z[i * H + j] = sum;
    }
  }

  #crossesCorner(z: Float64Array, group: Group, index: number, h: number): boolean {
    const { inputs: D, hidden: H } = this.#shape;
    const input = Math.floor(index / H);
    for (let i = 0; i < this.#rows; i++) {
      const slope = group === 'b1' ? 1 : Math.abs(this.#records.x[i * D + input]!);
      if (Math.abs(z[i * H + (index % H)]!) <= 1.01 * h * slope) return true;
    }
    return false;
  }

  /** (N, C) */
  #scores({ w2, b2 }: Parameters64, z: Float64Array): Float64Array {
    const { hidden: H, classes: C } = this.#shape;
    const scores = new Float64Array(this.#rows * C);
    for (let i = 0; i < this.#rows; i++) {
      for (let c = 0; c < C; c++) scores[i * C + c] = b2[c]!;
      for (let j = 0; j < H; j++) {
        const active = Math.max(0, z[i * H + j]!);
        for (let c = 0; c < C; c++) scores[i * C + c]! += active * w2[j * C + c]!;
      }
    }
    return scores;
  }

  /** (N, C) (softmax − onehot) / N. */
  #scoreGradient(parameters: Parameters64, z: Float64Array): Float64Array {
    const { classes } = this.#shape;
    const scores = this.#scores(parameters, z);
    for (let i = 0; i < this.#rows; i++) {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      const max = row.reduce((a, b) => Math.max(a, b));
      const powers = row.map((score) => exp(score - max));
      const sum = powers.reduce((a, b) => a + b);
      const label = this.#records.labels[i]!;
      row.set(powers.map((power, c) => (power / sum - (c === label ? 1 : 0)) / this.#rows));
    }
    return scores;
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
