/**
 * Kernel interface: the arithmetic of one pack, on the kernel's own memory.
 *
 * All kernels give the same bits: portable (WebAssembly, `wasm-network.ts`), portable avx2 (the same,
 * compiled for wider vectors), native (C, `native-network.ts`, for several widths of vectors) and, for
 * tests, naive (plain TypeScript).
 */
import { RidgelineError } from '../../base/errors.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';
import type { Standardization } from './standardization.ts';

export type KernelName = 'portable' | 'portable avx2' | `native ${string}`;

export interface Kernel {
  readonly name: KernelName | 'naive';
  /** Opens networks with all parameters zero, and ends the kernel's last pack: its memory is reused. */
  openPack(shape: PackShape): PackNetwork;
}

export interface PackShape extends NetworkShape {
  /** Networks side by side. */
  readonly members: number;
  /** Most records in a batch. */
  readonly rows: number;
}

/** Hidden units that a training step drops: position in the random stream, and how many. */
export interface Dropout {
  readonly seed: number;
  readonly replicate: number;
  /** Updates done before this one. */
  readonly stepsDone: number;
  /** A unit is dropped if its 32-bit random number is below this. */
  readonly threshold: number;
  /** Factor of kept units: a float32 number. */
  readonly scale: number;
}

export interface PackNetwork {
  /** (rows) labels of the next batch. */
  readonly labels: Uint8Array;
  /** Sets the images of the next batch: each starts at `record · D` in `source`, which may view shared memory. */
  setImages(source: Uint8Array, records: Uint32Array): void;
  /** (rows, D) a copy of the images of the next batch, which the caller may change. */
  copyImages(): Uint8Array;
  setStandardization(standardization: Standardization): void;
  /** @param twoLambdas (members) 2λ of each member */
  setDecay(twoLambdas: Float32Array): void;
  setParameters(member: number, parameters: NetworkParameters): void;
  parameters(member: number): NetworkParameters;
  /**
   * Updates every member once, by the first `rows` images. `losses` (members) is overwritten
   * with the sum of the losses before the update; `rates` (members) are the learning rates.
   */
  train(losses: Float64Array, rows: number, rates: Float32Array, dropout: Dropout | null): void;
  /**
   * Gradient of each member's mean loss on the first `rows` images, without decay and
   * dropout, by the functions that train. Parameters do not change.
   */
  gradients(rows: number): NetworkParameters[];
  /**
   * Classifies the first `rows` images, without dropout: `classOf` (members, rows) becomes the
   * class of the highest score, the first of equals. Adds each member's losses to `losses`, in order.
   */
  evaluate(losses: Float64Array, classOf: Uint8Array, rows: number): void;
  /** (rows, C) of each member: scores of the first `rows` images, without dropout. */
  scores(rows: number): Float32Array[];
}

/** The error of a kernel whose memory cannot hold a pack. */
export function outOfMemory(shape: PackShape, bytes: number, cause: unknown): RidgelineError {
  return new RidgelineError(
    'STUDY_INVALID',
    `Training ${shape.members} networks of ${shape.inputs}-${shape.hidden}-${shape.classes} with batches of ${shape.rows} needs ${Math.ceil(bytes / 2 ** 20)} MiB, more than one thread can allocate.`,
    'Choose a smaller trainer.batch or trainer.hidden.',
    { cause },
  );
}
