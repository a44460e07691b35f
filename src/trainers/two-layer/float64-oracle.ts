/**
 * Float64 oracle: cost and gradient of the network in textbook form, and the gradient by differences.
 *
 * It shares only the formulas with the kernels: no rounding to float32, no rule for the order of sums.
 */
import { exp, log } from '../../base/elementary.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';

export type Parameters64 = Readonly<Record<keyof NetworkParameters, Float64Array>>;

export interface OracleProblem {
  readonly shape: NetworkShape;
  /** (N, D) standardised. */
  readonly x: Float64Array;
  readonly labels: Uint8Array;
  readonly parameters: Parameters64;
  readonly lambda: number;
}

export class Float64Oracle {
  readonly #problem: OracleProblem;
  readonly #rows: number;
  /** (N, H) inputs of ReLU: x · w1 + b1. */
  readonly #z: Float64Array;

  constructor(problem: OracleProblem) {
    const { hidden } = problem.shape;
    this.#problem = problem;
    this.#rows = problem.labels.length;
    this.#z = new Float64Array(this.#rows * hidden);
    for (let j = 0; j < hidden; j++) this.#computeHiddenColumn(j);
  }

  /** The gradient of the cost by the chain rule; of the mean loss if `lambda` is 0. */
  gradient(lambda: number): Parameters64 {
    const { shape, x, parameters } = this.#problem;
    const { inputs: D, hidden: H, classes: C } = shape;
    const ds = this.#scoreGradient();
    const w1 = parameters.w1.map((w) => 2 * lambda * w);
    const w2 = parameters.w2.map((w) => 2 * lambda * w);
    const b1 = new Float64Array(H);
    const b2 = new Float64Array(C);
    for (let i = 0; i < this.#rows; i++) {
      for (let c = 0; c < C; c++) b2[c]! += ds[i * C + c]!;
      for (let j = 0; j < H; j++) {
        const active = this.#z[i * H + j]!;
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
   * One entry of the cost's gradient as (J(θ + h) − J(θ − h)) / 2h; null if the step may move a unit
   * across ReLU's corner, where the difference is not the derivative. The entry is changed and restored.
   */
  difference(group: keyof Parameters64, index: number, h: number): number | null {
    const { shape, parameters } = this.#problem;
    const isFirstLayer = group === 'w1' || group === 'b1'; // The others do not change z.
    if (isFirstLayer && this.#crossesCorner(group, index, h)) return null;
    const entries = parameters[group];
    const value = entries[index]!;
    const setTo = (moved: number): void => {
      entries[index] = moved;
      if (isFirstLayer) this.#computeHiddenColumn(index % shape.hidden);
    };
    const costAt = (moved: number): number => {
      setTo(moved);
      return this.#cost();
    };
    const difference = (costAt(value + h) - costAt(value - h)) / (2 * h);
    setTo(value);
    return difference;
  }

  /** Mean loss + λ(‖W1‖² + ‖W2‖²). */
  #cost(): number {
    const { parameters, lambda } = this.#problem;
    const loss = this.#softmaxRows().reduce((sum, row) => sum + row.loss, 0);
    return loss / this.#rows + lambda * (sumOfSquares(parameters.w1) + sumOfSquares(parameters.w2));
  }

  #computeHiddenColumn(j: number): void {
    const { shape, x, parameters } = this.#problem;
    const { inputs: D, hidden: H } = shape;
    const { w1, b1 } = parameters;
    for (let i = 0; i < this.#rows; i++) {
      let sum = b1[j]!;
      for (let k = 0; k < D; k++) sum += x[i * D + k]! * w1[k * H + j]!;
      this.#z[i * H + j] = sum;
    }
  }

  #crossesCorner(group: 'w1' | 'b1', index: number, h: number): boolean {
    const { inputs: D, hidden: H } = this.#problem.shape;
    const input = Math.floor(index / H);
    for (let i = 0; i < this.#rows; i++) {
      const slope = group === 'b1' ? 1 : Math.abs(this.#problem.x[i * D + input]!);
      if (Math.abs(this.#z[i * H + (index % H)]!) <= 1.01 * h * slope) return true;
    }
    return false;
  }

  /** Of each record: exponentials of its scores, their sum, and the loss. */
  #softmaxRows(): { readonly powers: Float64Array; readonly sum: number; readonly loss: number }[] {
    const { shape, parameters, labels } = this.#problem;
    const { hidden: H, classes: C } = shape;
    const { w2, b2 } = parameters;
    const z = this.#z;
    return Array.from(labels, (label, i) => {
      const scores = b2.slice();
      for (let j = 0; j < H; j++) {
        const active = Math.max(0, z[i * H + j]!);
        for (let c = 0; c < C; c++) scores[c]! += active * w2[j * C + c]!;
      }
      const max = scores.reduce((a, b) => Math.max(a, b));
      const powers = scores.map((score) => exp(score - max));
      const sum = powers.reduce((a, b) => a + b);
      return { powers, sum, loss: log(sum) - (scores[label]! - max) };
    });
  }

  /** (N, C) (softmax − onehot) / N. */
  #scoreGradient(): Float64Array {
    const { shape, labels } = this.#problem;
    const gradient = new Float64Array(this.#rows * shape.classes);
    for (const [i, { powers, sum }] of this.#softmaxRows().entries()) {
      const onehot = (c: number): number => (c === labels[i] ? 1 : 0);
      const row = powers.map((power, c) => (power / sum - onehot(c)) / this.#rows);
      gradient.set(row, i * shape.classes);
    }
    return gradient;
  }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * values[i]!;
  return sum;
}
