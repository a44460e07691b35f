/**
 * WebAssembly network: a pack of networks in WebAssembly memory.
 *
 * A module reads its own memory only, so each thread has one and copies the rows of a batch to it. The
 * memory grows to the largest pack; each pack has its own layout.
 */
import { assert } from '../../base/assert.ts';
import { seedKey, streamPurpose } from '../../base/philox.ts';
import { gather, type WasmFunctions } from './kernel-functions.ts';
import { PANEL, planMemory, type MemoryPlan } from './memory-plan.ts';
import { zeroParameters, type NetworkParameters } from './model.ts';
import { outOfMemory, type Dropout, type PackNetwork, type PackShape } from './pack-network.ts';
import type { Standardization } from './standardization.ts';

const PAGE_BYTES = 65_536;
/**
 * Inputs of one call, a multiple of 48. V8 does not replace a running function by its optimised code, so
 * calls are short; two panels of weights of this height fit half of the first-level cache.
 */
const BLOCK = 192;

export class WasmNetwork implements PackNetwork {
  readonly #pixels: Uint8Array;
  readonly labels: Uint8Array;
  readonly #shape: PackShape;
  readonly #plan: MemoryPlan;
  readonly #kernel: WasmFunctions;
  readonly #floats: Float32Array<ArrayBuffer>;

  constructor(shape: PackShape, memory: WebAssembly.Memory, kernel: WasmFunctions) {
    const plan = planMemory(shape);
    growTo(memory, plan.end, shape);
    new Uint8Array(memory.buffer, plan.pixels, plan.end - plan.pixels).fill(0);
    this.#shape = shape;
    this.#plan = plan;
    this.#kernel = kernel;
    this.#floats = new Float32Array(memory.buffer);
    this.#pixels = new Uint8Array(memory.buffer, plan.pixels, shape.rows * shape.inputs);
    this.labels = new Uint8Array(memory.buffer, plan.labels, shape.rows);
  }

  setImages(source: Uint8Array, records: Uint32Array): void {
    gather(this.#pixels, source, records, this.#shape.inputs);
  }

  copyImages(): Uint8Array {
    return this.#pixels;
  }

  setStandardization({ scale, offset }: Standardization): void {
    this.#view(this.#plan.scale, scale.length).set(scale);
    this.#view(this.#plan.offset, offset.length).set(offset);
  }

  setDecay(twoLambdas: Float32Array): void {
    for (const [member, twoLambda] of twoLambdas.entries()) {
      this.#view(this.#offsets(member).twoLambdas, this.#shape.hidden).fill(twoLambda);
    }
  }

  #setRates(rates: Float32Array): void {
    for (const [member, rate] of rates.entries()) {
      this.#view(this.#offsets(member).minusRates, this.#shape.hidden).fill(-rate);
    }
  }

  setParameters(member: number, { w1, b1, w2, b2 }: NetworkParameters): void {
    const { inputs, hidden, classes } = this.#shape;
    const own = this.#offsets(member);
    const floats = this.#floats;
    this.#view(own.b1, hidden).set(b1);
    this.#view(own.b2, classes).set(b2);
    for (let j = 0; j < hidden; j++) {
      const column = this.#column(member, j);
      for (let k = 0; k < inputs; k++) floats[column + k * PANEL] = w1[k * hidden + j]!;
      const weights = w2.subarray(j * classes, (j + 1) * classes);
      this.#view(own.w2 + j * this.#plan.classesPadded * 4, classes).set(weights);
    }
  }

  parameters(member: number): NetworkParameters {
    const { inputs, hidden, classes } = this.#shape;
    const own = this.#offsets(member);
    const { w1, b1, w2, b2 } = zeroParameters(this.#shape);
    const floats = this.#floats;
    b1.set(this.#view(own.b1, hidden));
    b2.set(this.#view(own.b2, classes));
    for (let j = 0; j < hidden; j++) {
      const column = this.#column(member, j);
      for (let k = 0; k < inputs; k++) w1[k * hidden + j] = floats[column + k * PANEL]!;
      w2.set(this.#view(own.w2 + j * this.#plan.classesPadded * 4, classes), j * classes);
    }
    return { w1, b1, w2, b2 };
  }

  train(losses: Float64Array, rows: number, rates: Float32Array, dropout: Dropout | null): void {
    this.#setRates(rates);
    this.#hiddenLayer(rows);
    if (dropout !== null) this.#dropout(rows, dropout);
    for (let member = 0; member < this.#shape.members; member++) {
      losses[member] = this.#outputGradient(member, rows, dropout?.scale ?? 1);
      const [twoLambda] = this.#view(this.#offsets(member).twoLambdas, 1);
      this.#updateOutput(member, rows, rates[member]!, twoLambda!);
    }
    this.#updateHidden(rows);
  }

  gradients(rows: number): NetworkParameters[] {
    const { w1, b1, twoLambdas, z, w2, end, hiddenPadded, classesPadded } = this.#plan;
    assert(w1 < b1 && b1 < twoLambdas && twoLambdas < z, 'the arrays are consecutive');
    const firstLayer = this.#view(w1, (z - w1) / 4);
    const secondLayer = this.#view(w2, (end - w2) / 4);
    const kept = [firstLayer.slice(), secondLayer.slice()] as const;
    const members = Array.from({ length: this.#shape.members }, (_, member) => member);
    this.#hiddenLayer(rows);
    // Updating zeros with a rate of −1 leaves the gradient, unrounded.
    for (const member of members) {
      this.#outputGradient(member, rows, 1);
      const own = this.#offsets(member);
      this.#view(own.w2, hiddenPadded * classesPadded).fill(0);
      this.#view(own.b2, classesPadded).fill(0);
      this.#updateOutput(member, rows, -1, 0);
    }
    firstLayer.fill(0); // With twoLambdas.
    this.#setRates(new Float32Array(this.#shape.members).fill(-1));
    this.#updateHidden(rows);
    const gradients = members.map((member) => this.parameters(member));
    firstLayer.set(kept[0]);
    secondLayer.set(kept[1]);
    return gradients;
  }

  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void {
    const { members, classes } = this.#shape;
    const { R, s, sums, labels, classOf: chosen } = this.#plan;
    const kernel = this.#kernel;
    const chosenClasses = new Int32Array(this.#floats.buffer, chosen, rows);
    this.#hiddenLayer(rows);
    for (let member = 0; member < members; member++) {
      this.#scores(member, rows);
      kernel.classify(chosen, s, rows, classes, R);
      classOf.set(chosenClasses, member * rows);
      losses[member] = kernel.softmax(s, sums, labels, losses[member]!, rows, classes, R);
    }
  }

  scores(rows: number): Float32Array[] {
    const { members, classes } = this.#shape;
    const { R, s } = this.#plan;
    this.#hiddenLayer(rows);
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
  #hiddenLayer(rows: number): void {
    const { R, K, panels, x, w1, b1, z, a, ...at } = this.#plan;
    const { inputs } = this.#shape;
    const kernel = this.#kernel;
    kernel.packRows(x, at.pixels, at.scale, at.offset, rows, inputs, R, K);
    kernel.setBias(z, b1, rows, panels, R);
    for (let k = 0; k < inputs; k += BLOCK) {
      kernel.forward(z, x, w1, rows, panels, k, Math.min(inputs, k + BLOCK), R, K);
    }
    kernel.rectify(a, z, rows, panels, R);
  }

  #dropout(rows: number, { seed, replicate, stepsDone, threshold, scale }: Dropout): void {
    const { members, hidden } = this.#shape;
    const { R, mask } = this.#plan;
    const purpose = streamPurpose.dropout;
    const [key0, key1] = seedKey(seed);
    const kernel = this.#kernel;
    kernel.dropoutMask(mask, threshold, rows, hidden, R, replicate, stepsDone, purpose, key0, key1);
    for (let member = 0; member < members; member++) {
      kernel.applyDropout(this.#offsets(member).a, mask, scale, rows, hidden, R);
    }
  }

  #scores(member: number, rows: number): void {
    const { R, s, classesPadded } = this.#plan;
    const { a, w2, b2 } = this.#offsets(member);
    this.#kernel.scores(s, a, w2, b2, rows, this.#shape.hidden, classesPadded, R);
  }

  /** Forward and backward pass of one member's output layer: gradients in s and ds, and in its columns of z. */
  #outputGradient(member: number, rows: number, scale: number): number {
    const { hidden, classes } = this.#shape;
    const { R, z, a, s, ds, sums, labels, classesPadded } = this.#plan;
    const { w2 } = this.#offsets(member);
    const column = member * hidden;
    const kernel = this.#kernel;
    this.#scores(member, rows);
    const loss = kernel.softmax(s, sums, labels, 0, rows, classes, R);
    kernel.softmaxGradient(s, ds, sums, labels, 1 / rows, rows, classes, classesPadded, R);
    kernel.hiddenGradient(z, a, s, w2, column, rows, hidden, classes, classesPadded, scale, R);
    return loss;
  }

  #updateOutput(member: number, rows: number, rate: number, twoLambda: number): void {
    const { hidden } = this.#shape;
    const { R, ds, classesPadded } = this.#plan;
    const { a, w2, b2 } = this.#offsets(member);
    this.#kernel.updateOutput(w2, b2, a, ds, rate, twoLambda, rows, hidden, classesPadded, R);
  }

  #updateHidden(rows: number): void {
    const { R, K, panels, x, w1, b1, z, twoLambdas, minusRates } = this.#plan;
    this.#kernel.updateHiddenBias(b1, z, minusRates, rows, panels, R);
    for (let k = 0; k < K; k += BLOCK) {
      const end = Math.min(K, k + BLOCK);
      this.#kernel.backward(w1, x, z, twoLambdas, minusRates, rows, panels, k, end, R, K);
    }
  }

  /** View of `length` floats at a byte offset. */
  #view(offset: number, length: number): Float32Array {
    return this.#floats.subarray(offset / 4, offset / 4 + length);
  }

  /** Byte offsets of one member's first elements. */
  #offsets(member: number): Record<'b1' | 'twoLambdas' | 'minusRates' | 'a' | 'w2' | 'b2', number> {
    const { R, b1, twoLambdas, minusRates, a, w2, b2, hiddenPadded, classesPadded } = this.#plan;
    const column = member * this.#shape.hidden;
    return {
      b1: b1 + column * 4,
      twoLambdas: twoLambdas + column * 4,
      minusRates: minusRates + column * 4,
      a: a + column * R * 4,
      w2: w2 + member * hiddenPadded * classesPadded * 4,
      b2: b2 + member * classesPadded * 4,
    };
  }

  /** Index of unit j's first weight in the first layer; the next ones are `PANEL` floats apart. */
  #column(member: number, j: number): number {
    const column = member * this.#shape.hidden + j;
    const panel = Math.floor(column / PANEL);
    return this.#plan.w1 / 4 + panel * this.#plan.K * PANEL + (column % PANEL);
  }
}

function growTo(memory: WebAssembly.Memory, bytes: number, shape: PackShape): void {
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / PAGE_BYTES);
  if (pages <= 0) return;
  try {
    memory.grow(pages);
  } catch (error) {
    throw outOfMemory(shape, bytes, error);
  }
}
