/**
 * Native network: a pack of networks in the memory of the native kernel.
 *
 * The addon does the arithmetic and defines the layout of the memory. It reads images in place, from memory that
 * threads share; a batch is copied only if its images are changed.
 */
import { seedKey, streamPurpose } from '../../base/philox.ts';
import { zeroParameters, type NetworkParameters } from './model.ts';
import type {
  NativeBatch,
  NativeFunctions,
  NativeParameters,
  NativeShape,
} from './native-functions.ts';
import {
  outOfMemory,
  type Dropout,
  type Kernel,
  type PackNetwork,
  type PackShape,
} from './pack-network.ts';
import type { Standardization } from './standardization.ts';

/** A kernel with its own memory, which grows to the largest pack: call it once per thread. */
export function openNativeKernel(native: NativeFunctions, width: string): Kernel {
  let memory = new ArrayBuffer(0);
  return {
    name: `native ${width}`,
    openPack(shape) {
      const bytes = native.networkBytes(width, ...nativeShape(shape));
      if (memory.byteLength < bytes) memory = allocate(bytes, shape);
      native.openNetwork(memory, width, ...nativeShape(shape));
      return new NativeNetwork(native, memory, shape);
    },
  };
}

function allocate(bytes: number, shape: PackShape): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes);
  } catch (error) {
    throw outOfMemory(shape, bytes, error);
  }
}

function nativeShape({ members, inputs, hidden, classes, rows }: PackShape): NativeShape {
  return [members, inputs, hidden, classes, rows];
}

class NativeNetwork implements PackNetwork {
  readonly labels: Uint8Array;
  readonly #native: NativeFunctions;
  readonly #memory: ArrayBuffer;
  readonly #shape: PackShape;
  /** (rows, D) copied images; null until a batch is changed. */
  #copies: Uint8Array | null = null;
  #source: Uint8Array = new Uint8Array(0);
  #records: Uint32Array = new Uint32Array(0);
  #twoLambdas: Float32Array;

  constructor(native: NativeFunctions, memory: ArrayBuffer, shape: PackShape) {
    this.#native = native;
    this.#memory = memory;
    this.#shape = shape;
    this.#twoLambdas = new Float32Array(shape.members);
    this.labels = new Uint8Array(shape.rows);
  }

  setImages(source: Uint8Array, records: Uint32Array): void {
    this.#source = source;
    this.#records = records;
  }

  copyImages(): Uint8Array {
    const { rows, inputs } = this.#shape;
    this.#copies ??= new Uint8Array(rows * inputs);
    this.#native.gather(this.#copies, this.#source, this.#records, inputs);
    this.#source = this.#copies;
    this.#records = Uint32Array.from(this.#records, (_, row) => row);
    return this.#copies;
  }

  setStandardization({ scale, offset }: Standardization): void {
    this.#native.setStandardization(this.#memory, scale, offset);
  }

  setDecay(twoLambdas: Float32Array): void {
    this.#twoLambdas = twoLambdas;
    this.#native.setDecay(this.#memory, twoLambdas);
  }

  setParameters(member: number, parameters: NetworkParameters): void {
    this.#native.setParameters(this.#memory, member, ...arraysOf(parameters));
  }

  parameters(member: number): NetworkParameters {
    const parameters = zeroParameters(this.#shape);
    this.#native.getParameters(this.#memory, member, ...arraysOf(parameters));
    return parameters;
  }

  train(losses: Float64Array, rows: number, rates: Float32Array, dropout: Dropout | null): void {
    const encoded = dropout === null ? null : encodeDropout(dropout);
    this.#native.train(this.#memory, ...this.#batch(rows), rates, losses, encoded);
  }

  gradients(rows: number): NetworkParameters[] {
    const members = Array.from({ length: this.#shape.members }, (_, member) => member);
    const kept = members.map((member) => this.parameters(member));
    this.#native.gradients(this.#memory, ...this.#batch(rows));
    const gradients = members.map((member) => this.parameters(member));
    for (const member of members) this.setParameters(member, kept[member]!);
    this.setDecay(this.#twoLambdas);
    return gradients;
  }

  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void {
    this.#native.evaluate(this.#memory, ...this.#batch(rows), losses, classOf);
  }

  scores(rows: number): Float32Array[] {
    const { members, classes } = this.#shape;
    const size = rows * classes;
    const scores = new Float32Array(members * size);
    this.#native.scores(this.#memory, ...this.#batch(rows), scores);
    return Array.from({ length: members }, (_, member) =>
      scores.slice(member * size, (member + 1) * size),
    );
  }

  #batch(rows: number): NativeBatch {
    return [this.#source, this.#records.subarray(0, rows), this.labels];
  }
}

function arraysOf({ w1, b1, w2, b2 }: NetworkParameters): NativeParameters {
  return [w1, b1, w2, b2];
}

/** Threshold, the counter and the key of the random stream, and the scale. */
function encodeDropout({ seed, replicate, stepsDone, threshold, scale }: Dropout): Float64Array {
  const [key0, key1] = seedKey(seed);
  return Float64Array.of(threshold, replicate, stepsDone, streamPurpose.dropout, key0, key1, scale);
}
