/**
 * Naive kernel: the reference arithmetic in plain loops, one member after another.
 *
 * Tests compare the other kernels with it bit by bit. They share no code and no layout, only the rule:
 * every output element is one chain of fused multiply-adds in increasing index. It is about a hundred
 * times slower than the portable kernel, and only tests train with it.
 */
import { exp, log } from '../../../../src/base/elementary.ts';
import { RandomStream } from '../../../../src/base/philox.ts';
import { fusedMultiplyAdd } from './fused-multiply-add.ts';
import { gather } from '../../../../src/trainers/two-layer/kernel-functions.ts';
import { zeroParameters } from '../../../../src/trainers/two-layer/model.ts';
import type { NetworkParameters } from '../../../../src/trainers/two-layer/model.ts';
import type {
  Dropout,
  Kernel,
  PackNetwork,
  PackShape,
} from '../../../../src/trainers/two-layer/pack-network.ts';
import type { Standardization } from '../../../../src/trainers/two-layer/standardization.ts';

const { fround } = Math;

/** fl32(a · b + c), or another function in its place. */
export type MultiplyAdd = (a: number, b: number, c: number) => number;

/** A kernel with any multiply-add; tests use wrong ones. */
export function naiveKernelWith(multiplyAdd: MultiplyAdd): Kernel {
  return { name: 'naive', openPack: (shape) => new NaiveNetwork(shape, multiplyAdd) };
}

export const naiveKernel = naiveKernelWith(fusedMultiplyAdd);

/** A forward pass of one batch in one network. */
interface Pass {
  /** (rows, H) after ReLU and dropout. */
  readonly hidden: Float32Array;
  /** (rows, C) */
  readonly scores: Float32Array;
}

class NaiveNetwork implements PackNetwork {
  readonly #pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly #shape: PackShape;
  readonly #fma: MultiplyAdd;
  readonly #networks: NetworkParameters[];
  #standardization: Standardization;
  #twoLambdas: Float32Array;

  constructor(shape: PackShape, multiplyAdd: MultiplyAdd) {
    const { members, inputs, rows } = shape;
    this.#shape = shape;
    this.#fma = multiplyAdd;
    this.#pixels = new Uint8Array(rows * inputs);
    this.labels = new Uint8Array(rows);
    this.#networks = Array.from({ length: members }, () => zeroParameters(shape));
    this.#twoLambdas = new Float32Array(members);
    this.#standardization = {
      scale: new Float32Array(inputs),
      offset: new Float32Array(inputs),
      meanByte: new Uint8Array(inputs),
    };
  }

  setImages(source: Uint8Array, records: Uint32Array): void {
    gather(this.#pixels, source, records, this.#shape.inputs);
  }

  copyImages(): Uint8Array {
    return this.#pixels;
  }

  setStandardization(standardization: Standardization): void {
    this.#standardization = standardization;
  }

  setDecay(twoLambdas: Float32Array): void {
    this.#twoLambdas = twoLambdas;
  }

  setParameters(member: number, { w1, b1, w2, b2 }: NetworkParameters): void {
    const own = this.#networks[member]!;
    own.w1.set(w1);
    own.b1.set(b1);
    own.w2.set(w2);
    own.b2.set(b2);
  }

  parameters(member: number): NetworkParameters {
    return structuredClone(this.#networks[member]!);
  }

  train(losses: Float64Array, rows: number, rates: Float32Array, dropout: Dropout | null): void {
    const x = this.#inputs(rows);
    const kept = dropout === null ? null : keptUnits(dropout, rows, this.#shape.hidden);
    this.#networks.forEach((network, member) => {
      const pass = this.#forward(network, x, rows, kept, dropout?.scale ?? 1);
      losses[member] = this.#softmax(pass.scores, rows, 0);
      const step = {
        rows,
        rate: rates[member]!,
        twoLambda: this.#twoLambdas[member]!,
        scale: dropout?.scale ?? 1,
      };
      this.#update(network, network, x, pass, step);
    });
  }

  gradients(rows: number): NetworkParameters[] {
    const x = this.#inputs(rows);
    return this.#networks.map((network) => {
      const pass = this.#forward(network, x, rows, null, 1);
      this.#softmax(pass.scores, rows, 0);
      // Updating zeros with a rate of −1 leaves the gradient, unrounded.
      const gradient = zeroParameters(this.#shape);
      this.#update(network, gradient, x, pass, { rows, rate: -1, twoLambda: 0, scale: 1 });
      return gradient;
    });
  }

  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void {
    const { classes } = this.#shape;
    const x = this.#inputs(rows);
    this.#networks.forEach((network, member) => {
      const { scores } = this.#forward(network, x, rows, null, 1);
      for (let i = 0; i < rows; i++) {
        let best = 0;
        for (let c = 1; c < classes; c++) {
          if (scores[i * classes + c]! > scores[i * classes + best]!) best = c;
        }
        classOf[member * rows + i] = best;
      }
      losses[member] = this.#softmax(scores, rows, losses[member]!);
    });
  }

  scores(rows: number): Float32Array[] {
    const x = this.#inputs(rows);
    return this.#networks.map((network) => this.#forward(network, x, rows, null, 1).scores);
  }

  /** (rows, D) standardised. */
  #inputs(rows: number): Float32Array {
    const { inputs } = this.#shape;
    const { scale, offset } = this.#standardization;
    const fma = this.#fma;
    const x = new Float32Array(rows * inputs);
    for (let i = 0; i < x.length; i++) {
      x[i] = fma(this.#pixels[i]!, scale[i % inputs]!, offset[i % inputs]!);
    }
    return x;
  }

  #forward(
    { w1, b1, w2, b2 }: NetworkParameters,
    x: Float32Array,
    rows: number,
    kept: Uint8Array | null,
    scale: number,
  ): Pass {
    const fma = this.#fma;
    const { inputs, hidden: H, classes: C } = this.#shape;
    const hidden = new Float32Array(rows * H);
    const scores = new Float32Array(rows * C);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < H; j++) {
        let z = b1[j]!;
        for (let k = 0; k < inputs; k++) z = fma(x[i * inputs + k]!, w1[k * H + j]!, z);
        const active = z > 0 && (kept === null || kept[i * H + j] === 1);
        hidden[i * H + j] = active ? z * scale : 0;
      }
      for (let c = 0; c < C; c++) {
        let s = b2[c]!;
        for (let j = 0; j < H; j++) s = fma(hidden[i * H + j]!, w2[j * C + c]!, s);
        scores[i * C + c] = s;
      }
    }
    return { hidden, scores };
  }

  /** Replaces scores by (softmax − onehot) / rows. @returns `total` + the losses */
  #softmax(scores: Float32Array, rows: number, total: number): number {
    const C = this.#shape.classes;
    const share = fround(1 / rows);
    for (let i = 0; i < rows; i++) {
      const row = scores.subarray(i * C, (i + 1) * C);
      const label = this.labels[i]!;
      let max = row[0]!;
      for (const score of row) if (score > max) max = score;
      const chosen = fround(row[label]! - max);
      let sum = 0;
      for (let c = 0; c < C; c++) {
        row[c] = exp(fround(row[c]! - max));
        sum = fround(sum + row[c]!);
      }
      total += log(sum) - chosen;
      const inverse = fround(1 / sum);
      for (let c = 0; c < C; c++) {
        const p = fround(row[c]! * inverse);
        row[c] = fround(p - (c === label ? 1 : 0)) * share;
      }
    }
    return total;
  }

  /** Updates `target` by the gradient at `network`, from x, the hidden layer and the gradient of the scores. */
  #update(
    network: NetworkParameters,
    target: NetworkParameters,
    x: Float32Array,
    { hidden, scores: ds }: Pass,
    step: { rows: number; rate: number; twoLambda: number; scale: number },
  ): void {
    const { inputs, hidden: H, classes: C } = this.#shape;
    const fma = this.#fma;
    const { rows, rate, twoLambda, scale } = step;
    const decayed = (w: number, g: number): number => fma(-rate, fma(twoLambda, w, g), w);
    const dz = new Float32Array(rows * H);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < H; j++) {
        let d = 0;
        for (let c = 0; c < C; c++) d = fma(ds[i * C + c]!, network.w2[j * C + c]!, d);
        dz[i * H + j] = hidden[i * H + j]! > 0 ? d * scale : 0;
      }
    }
    updateLayer(target.w2, hidden, ds, [rows, H, C], fma, decayed);
    updateBias(target.b2, ds, [rows, C], fma, rate);
    updateLayer(target.w1, x, dz, [rows, inputs, H], fma, decayed);
    updateBias(target.b1, dz, [rows, H], fma, rate);
  }
}

/** weights ← decayed(weights, inpᵀ · d): weights (I, O), inp (N, I), d (N, O). */
function updateLayer(
  weights: Float32Array,
  inp: Float32Array,
  d: Float32Array,
  [N, I, O]: readonly [number, number, number],
  fma: MultiplyAdd,
  decayed: (w: number, g: number) => number,
): void {
  for (let i = 0; i < I; i++) {
    for (let o = 0; o < O; o++) {
      let g = 0;
      for (let n = 0; n < N; n++) g = fma(inp[n * I + i]!, d[n * O + o]!, g);
      weights[i * O + o] = decayed(weights[i * O + o]!, g);
    }
  }
}

/** bias ← fma(−η, Σ d over rows, bias): bias (O), d (N, O). */
function updateBias(
  bias: Float32Array,
  d: Float32Array,
  [N, O]: readonly [number, number],
  fma: MultiplyAdd,
  rate: number,
): void {
  for (let o = 0; o < O; o++) {
    let g = 0;
    for (let n = 0; n < N; n++) g = fround(g + d[n * O + o]!);
    bias[o] = fma(-rate, g, bias[o]!);
  }
}

/** (rows, H) 1 if a unit is kept, 0 if it is dropped. */
function keptUnits(dropout: Dropout, rows: number, hidden: number): Uint8Array {
  const { seed, replicate, stepsDone, threshold } = dropout;
  const stream = new RandomStream(seed, 'dropout', replicate, stepsDone);
  return Uint8Array.from({ length: rows * hidden }, (_, index) =>
    stream.uint32At(index) < threshold ? 0 : 1,
  );
}
