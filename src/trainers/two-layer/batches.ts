/**
 * Batches: selects the records of each batch, copies them to the kernel's memory and augments them.
 *
 * Order, mirroring and shifts are functions of (seed, replicate, epoch, record): a trial has the same
 * batches when it is repeated or trained in another pack.
 */
import { RandomStream } from '../../base/philox.ts';
import type { TwoLayerSettings } from './settings.ts';
import { mirrorImage, shiftImage } from './augmentation.ts';
import { inputsOf } from '../../study/images.ts';
import type { Split } from '../../study/images.ts';
import type { PackNetwork } from './pack-network.ts';

/** The batches of one training run, in order. */
export class Batches {
  readonly #split: Split;
  readonly #settings: TwoLayerSettings;
  readonly #seed: number;
  readonly #replicate: number;
  readonly #fill: Uint8Array;
  readonly #stepsPerEpoch: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);
  #mirror: RandomStream | null = null;
  #shift: RandomStream | null = null;

  /** @param fill (D) pixels next to a shifted image: the training mean, about 0 once standardised */
  constructor(
    split: Split,
    settings: TwoLayerSettings,
    seed: number,
    replicate: number,
    fill: Uint8Array,
  ) {
    this.#split = split;
    this.#settings = settings;
    this.#seed = seed;
    this.#replicate = replicate;
    this.#fill = fill;
    this.#stepsPerEpoch = Math.ceil(split.records.length / settings.batch);
  }

  /**
   * Writes the batch of the update that follows `stepsDone` updates.
   *
   * @returns number of records: fewer than `settings.batch` at the end of an epoch
   */
  load(network: PackNetwork, stepsDone: number): number {
    const epoch = Math.floor(stepsDone / this.#stepsPerEpoch);
    if (epoch !== this.#epoch) this.#beginEpoch(epoch);
    const first = (stepsDone - epoch * this.#stepsPerEpoch) * this.#settings.batch;
    const rows = Math.min(this.#settings.batch, this.#order.length - first);
    const { images, records } = this.#split;
    const order = this.#order.subarray(first, first + rows);
    const batch = order.map((record) => records[record]!);
    for (let row = 0; row < rows; row++) network.labels[row] = images.labels[batch[row]!]!;
    network.loadImages(images.pixels, batch);
    if (this.#mirror !== null || this.#shift !== null) this.#augment(network, order);
    return rows;
  }

  #beginEpoch(epoch: number): void {
    const { mirror, shift } = this.#settings;
    const stream = (purpose: 'recordOrder' | 'mirror' | 'shift'): RandomStream =>
      new RandomStream(this.#seed, purpose, this.#replicate, epoch);
    this.#epoch = epoch;
    this.#order = stream('recordOrder').permutation(this.#split.records.length);
    this.#mirror = mirror ? stream('mirror') : null;
    this.#shift = shift > 0 ? stream('shift') : null;
  }

  /** Mirrors first, then shifts. */
  #augment(network: PackNetwork, order: Uint32Array): void {
    const { images } = this.#split;
    const inputs = inputsOf(images);
    const { shift } = this.#settings;
    const places = 2 * shift + 1;
    for (let row = 0; row < order.length; row++) {
      const record = order[row]!;
      const image = network.pixels.subarray(row * inputs, (row + 1) * inputs);
      if (this.#mirror !== null && this.#mirror.uint32At(record) >= 2 ** 31)
        mirrorImage(image, images);
      if (this.#shift === null) continue;
      const right = Math.floor(this.#shift.uniformAt(2 * record) * places) - shift;
      const down = Math.floor(this.#shift.uniformAt(2 * record + 1) * places) - shift;
      shiftImage(image, this.#fill, images, right, down);
    }
  }
}

/** Writes `rows` records of the split, from record `first`, without augmentation. */
export function loadRecords(network: PackNetwork, split: Split, first: number, rows: number): void {
  const { images } = split;
  const records = split.records.subarray(first, first + rows);
  for (let row = 0; row < rows; row++) network.labels[row] = images.labels[records[row]!]!;
  network.loadImages(images.pixels, records);
}
