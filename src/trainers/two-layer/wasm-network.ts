/**
 * WebAssembly network: a pack of networks in WebAssembly memory.
 *
 * A module reads its own memory only, so each thread has one and copies the rows of a batch to it. The
 * memory grows to the largest pack, and every pack has its own layout.
 */
import { assert } from '../../base/assert.ts';
import { RidgelineError } from '../../base/errors.ts';
import { keyOf, streamPurpose } from '../../base/philox.ts';
import type { Gather } from './gather.ts';
import { PANEL, planMemory } from './memory-plan.ts';
import type { MemoryPlan } from './memory-plan.ts';
import { zeroParameters } from './model.ts';
import type { NetworkParameters } from './model.ts';
import type { Dropout, PackNetwork, PackShape } from './pack-network.ts';
import type { Standardization } from './standardization.ts';
import type { WasmFunctions } from './wasm-functions.ts';

const PAGE_BYTES = 65_536;
/**
 * Inputs of one call: a multiple of 4 and of 6. Calls are short, since V8 does not replace a running
 * function by its optimised code, and a panel of weights of this height fits the first-level cache.
 */
const BLOCK = 384;

export class WasmNetwork implements PackNetwork {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly #shape: PackShape;
  readonly #plan: MemoryPlan;
  readonly #kernel: WasmFunctions;
  readonly #gather: Gather;
  readonly #floats: Float32Array<ArrayBuffer>;
  readonly #classOf: Int32Array;
  readonly #twoLambdas: Float32Array;

  /** @param packing  copies of the batch that the kernel's first layer needs */
  constructor(
    shape: PackShape,
    memory: WebAssembly.Memory,
    kernel: WasmFunctions,
    packing: 'one' | 'two',
    copyImages: Gather,
  ) {
    const plan = planMemory(shape, packing);
    growTo(memory, plan.end, shape);
    new Uint8Array(memory.buffer, plan.pixels, plan.end - plan.pixels).fill(0);
    this.#shape = shape;
    this.#plan = plan;
    this.#kernel = kernel;
    this.#gather = copyImages;
    this.#floats = new Float32Array(memory.buffer);
    this.#classOf = new Int32Array(memory.buffer, plan.classOf, shape.rows);
    this.#twoLambdas = new Float32Array(shape.members);
    this.pixels = new Uint8Array(memory.buffer, plan.pixels, shape.rows * shape.inputs);
    this.labels = new Uint8Array(memory.buffer, plan.labels, shape.rows);
  }

  loadImages(source: Uint8Array, records: Uint32Array): void {
    this.#gather(this.pixels, source, records, this.#shape.inputs);
  }

  setStandardization({ scale, offset }: Standardization): void {
    this.#floats.set(scale, this.#plan.scale / 4);
    this.#floats.set(offset, this.#plan.offset / 4);
  }

  setDecay(twoLambdas: Float32Array): void {
    const { hidden, members } = this.#shape;
    this.#twoLambdas.set(twoLambdas);
    const first = this.#plan.twoLambdas / 4;
    for (let column = 0; column < members * hidden; column++) {
      this.#floats[first + column] = twoLambdas[Math.floor(column / hidden)]!;
    }
  }

  setParameters(member: number, { w1, b1, w2, b2 }: NetworkParameters): void {
    const { inputs, hidden, classes } = this.#shape;
    const floats = this.#floats;
    for (let j = 0; j < hidden; j++) {
      const column = this.#column(member, j);
      for (let k = 0; k < inputs; k++) floats[column + k * PANEL] = w1[k * hidden + j]!;
    }
    floats.set(b1, this.#plan.b1 / 4 + member * hidden);
    for (let j = 0; j < hidden; j++) {
      floats.set(w2.subarray(j * classes, (j + 1) * classes), this.#outputWeights(member, j));
    }
    floats.set(b2, this.#plan.b2 / 4 + member * this.#plan.classesPadded);
  }

  parameters(member: number): NetworkParameters {
    const { inputs, hidden, classes } = this.#shape;
    const floats = this.#floats;
    const parameters = zeroParameters(this.#shape);
    for (let j = 0; j < hidden; j++) {
      const column = this.#column(member, j);
      for (let k = 0; k < inputs; k++) parameters.w1[k * hidden + j] = floats[column + k * PANEL]!;
      const weights = this.#outputWeights(member, j);
      parameters.w2.set(floats.subarray(weights, weights + classes), j * classes);
    }
    const b1 = this.#plan.b1 / 4 + member * hidden;
    parameters.b1.set(floats.subarray(b1, b1 + hidden));
    const b2 = this.#plan.b2 / 4 + member * this.#plan.classesPadded;
    parameters.b2.set(floats.subarray(b2, b2 + classes));
    return parameters;
  }

  train(losses: Float64Array, rows: number, rate: number, dropout: Dropout | null): void {
    this.#hiddenLayer(rows, this.#plan.x2);
    if (dropout !== null) this.#dropout(rows, dropout);
    for (let member = 0; member < this.#shape.members; member++) {
      losses[member] = this.#outputGradient(member, rows, dropout?.scale ?? 1);
      this.#updateOutput(member, rows, rate, this.#twoLambdas[member]!);
    }
    this.#updateHidden(rows, rate);
  }

  gradients(rows: number): NetworkParameters[] {
    const { w1, b1, twoLambdas, w2, b2, z, x2, end } = this.#plan;
    const weights = [
      [w1, z],
      [w2, end],
    ].map(([from, to]) => this.#floats.subarray(from! / 4, to! / 4));
    const kept = weights.map((region) => region.slice());
    this.#hiddenLayer(rows, x2);
    const members = Array.from({ length: this.#shape.members }, (_, member) => member);
    // Updating zeros with a rate of −1 leaves the gradient, unrounded.
    for (const member of members) {
      this.#outputGradient(member, rows, 1);
      this.#zero(this.#outputWeights(member, 0), this.#outputWeights(member + 1, 0));
      const bias = b2 / 4 + member * this.#plan.classesPadded;
      this.#zero(bias, bias + this.#plan.classesPadded);
      this.#updateOutput(member, rows, -1, 0);
    }
    this.#zero(w1 / 4, z / 4); // With b1 and twoLambdas, which are between.
    assert(w1 < b1 && b1 < twoLambdas && twoLambdas < z, 'the arrays are consecutive');
    this.#updateHidden(rows, -1);
    const gradients = members.map((member) => this.parameters(member));
    weights.forEach((region, index) => region.set(kept[index]!));
    return gradients;
  }

  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void {
    const { members, classes } = this.#shape;
    const { R, s, sums, labels, classOf: chosen } = this.#plan;
    const kernel = this.#kernel;
    this.#hiddenLayer(rows, 0);
    for (let member = 0; member < members; member++) {
      this.#scores(member, rows);
      kernel.classify(chosen, s, rows, classes, R);
      for (let row = 0; row < rows; row++) classOf[member * rows + row] = this.#classOf[row]!;
      losses[member] = kernel.softmax(s, sums, labels, losses[member]!, rows, classes, R);
    }
  }

  scores(rows: number): Float32Array[] {
    const { members, classes } = this.#shape;
    const { R, s } = this.#plan;
    this.#hiddenLayer(rows, 0);
    return Array.from({ length: members }, (_, member) => {
      this.#scores(member, rows);
      const scores = new Float32Array(rows * classes);
      for (let c = 0; c < classes; c++) {
        for (let row = 0; row < rows; row++) {
          scores[row * classes + c] = this.#floats[s / 4 + c * R + row]!; // seek to s[c, row]
        }
      }
      return scores;
    });
  }

  /** Packs the batch and computes a = ReLU(x · w1 + b1) of all members. */
  #hiddenLayer(rows: number, x2: number): void {
    const { R, K, panels, x1, w1, b1, z, a, ...at } = this.#plan;
    const { inputs } = this.#shape;
    const kernel = this.#kernel;
    kernel.packRows(x1, x2, at.pixels, at.scale, at.offset, rows, inputs, R, K);
    kernel.setBias(z, b1, rows, panels, R);
    for (let k = 0; k < inputs; k += BLOCK) {
      kernel.forward(z, x1, w1, rows, panels, k, Math.min(inputs, k + BLOCK), R, K);
    }
    kernel.rectify(a, z, rows, panels, R);
  }

  #dropout(rows: number, { seed, replicate, stepsDone, threshold, scale }: Dropout): void {
    const { members, hidden } = this.#shape;
    const { R, a, mask } = this.#plan;
    const purpose = streamPurpose.dropout;
    const [key0, key1] = keyOf(seed);
    const kernel = this.#kernel;
    kernel.dropoutMask(mask, threshold, rows, hidden, R, replicate, stepsDone, purpose, key0, key1);
    for (let member = 0; member < members; member++) {
      kernel.applyDropout(a + member * hidden * R * 4, mask, scale, rows, hidden, R);
    }
  }

  #scores(member: number, rows: number): void {
    const { hidden } = this.#shape;
    const { R, a, s, b2, classesPadded } = this.#plan;
    const column = a + member * hidden * R * 4;
    const w2 = this.#outputWeights(member, 0) * 4;
    const bias = b2 + member * classesPadded * 4;
    this.#kernel.scores(s, column, w2, bias, rows, hidden, classesPadded, R);
  }

  /** Forward and backward pass of one member's output layer: gradients in s and ds, and in its columns of z. */
  #outputGradient(member: number, rows: number, scale: number): number {
    const { hidden, classes } = this.#shape;
    const { R, z, a, s, ds, sums, labels, classesPadded } = this.#plan;
    const kernel = this.#kernel;
    const column = member * hidden;
    const w2 = this.#outputWeights(member, 0) * 4;
    this.#scores(member, rows);
    const loss = kernel.softmax(s, sums, labels, 0, rows, classes, R);
    kernel.softmaxGradient(s, ds, sums, labels, 1 / rows, rows, classes, classesPadded, R);
    kernel.hiddenGradient(z, a, s, w2, column, rows, hidden, classes, classesPadded, scale, R);
    return loss;
  }

  #updateOutput(member: number, rows: number, rate: number, twoLambda: number): void {
    const { hidden } = this.#shape;
    const { R, a, ds, b2, classesPadded: padded } = this.#plan;
    const w2 = this.#outputWeights(member, 0) * 4;
    const bias = b2 + member * padded * 4;
    const own = a + member * hidden * R * 4;
    this.#kernel.updateOutput(w2, bias, own, ds, rate, twoLambda, rows, hidden, padded, R);
  }

  #updateHidden(rows: number, rate: number): void {
    const { R, K, panels, x2, w1, b1, z, twoLambdas } = this.#plan;
    this.#kernel.updateHiddenBias(b1, z, rate, rows, panels, R);
    for (let k = 0; k < K; k += BLOCK) {
      const end = Math.min(K, k + BLOCK);
      this.#kernel.backward(w1, x2, z, twoLambdas, rate, rows, panels, k, end, R, K);
    }
  }

  #zero(from: number, to: number): void {
    this.#floats.fill(0, from, to);
  }

  /** Index of unit j's first weight in the first layer; the next ones are `PANEL` floats apart. */
  #column(member: number, j: number): number {
    const column = member * this.#shape.hidden + j;
    const panel = Math.floor(column / PANEL);
    return this.#plan.w1 / 4 + panel * this.#plan.K * PANEL + (column % PANEL);
  }

  /** Index of unit j's first weight in the second layer. */
  #outputWeights(member: number, j: number): number {
    const { w2, hiddenPadded, classesPadded } = this.#plan;
    return w2 / 4 + (member * hiddenPadded + j) * classesPadded;
  }
}

function growTo(memory: WebAssembly.Memory, bytes: number, shape: PackShape): void {
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (pages <= 0) return;
  try {
    memory.grow(pages);
  } catch (error) {
    throw new RidgelineError(
      'STUDY_INVALID',
      `Training ${shape.members} networks of ${shape.inputs}-${shape.hidden}-${shape.classes} with batches of ${shape.rows} needs ${Math.ceil(bytes / 2 ** 20)} MiB, more than one thread can allocate.`,
      'Choose a smaller trainer.batch or trainer.hidden.',
      { cause: error },
    );
  }
}
