/**
 * What a kernel must do: the arithmetic of one pack, on memory of its own.
 *
 * `trainPack` is the same over every kernel. There are the portable one (WebAssembly, `wasm-network.ts`),
 * the native one (the same with a first layer in C) and the naive one (plain TypeScript, `naive-kernel.ts`),
 * the oracle of the tests; they agree to the last bit.
 */
import type { NetworkParameters, NetworkShape } from './model.ts';
import type { Standardization } from './standardization.ts';

export interface Kernel {
  readonly name: 'portable' | 'native' | 'naive';
  /**
   * Networks with all parameters zero. One pack is open at a time: opening the next ends the last one
   * and takes over its memory.
   */
  openPack(shape: PackShape): PackNetwork;
}

export interface PackShape extends NetworkShape {
  /** Networks side by side. */
  readonly members: number;
  /** The most records in a batch. */
  readonly rows: number;
}

/** Which hidden units a training step leaves out: the stream's place in the study, and how many. */
export interface Dropout {
  readonly seed: number;
  readonly replicate: number;
  /** Updates done before this one. */
  readonly stepsDone: number;
  /** A unit is dropped when its 32-bit number lies below this. */
  readonly threshold: number;
  /** What kept units are multiplied by: a float32 number. */
  readonly scale: number;
}

export interface PackNetwork {
  /** (rows, D) where the next batch's pixels are written, one record per row. */
  readonly pixels: Uint8Array;
  /** (rows) and its labels. */
  readonly labels: Uint8Array;
  /** Writes the images that start at `record · D` in `source` to the first rows of `pixels`. */
  loadImages(source: Uint8Array, records: Uint32Array): void;
  setStandardization(standardization: Standardization): void;
  /** @param twoLambdas (members) 2λ of each */
  setDecay(twoLambdas: Float32Array): void;
  setParameters(member: number, parameters: NetworkParameters): void;
  parameters(member: number): NetworkParameters;
  /**
   * One update of every member, on the first `rows` records of `pixels`.
   *
   * @param losses  (members) overwritten with the sum of the batch's losses, as before the update
   * @param rate    the learning rate: a float32 number
   */
  train(losses: Float64Array, rows: number, rate: number, dropout: Dropout | null): void;
  /**
   * The gradient of each member's mean loss on the first `rows` records of `pixels`: without decay,
   * without dropout, by the same functions that train. The parameters stay as they are.
   */
  gradients(rows: number): NetworkParameters[];
  /**
   * Scores without dropout of the first `rows` records of `pixels`.
   *
   * @param losses   (members) each increased by its losses, record by record in order
   * @param classOf  (members, rows) overwritten with the class of the highest score, the first of equals
   */
  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void;
  /** (rows, C) of each member: the scores of the first `rows` records of `pixels`, without dropout. */
  scores(rows: number): Float32Array[];
}
