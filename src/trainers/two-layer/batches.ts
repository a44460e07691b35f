/**
 * Batches: selects the records of each batch for the kernel, and augments them.
 *
 * Order, mirroring and shifts are functions of (seed, replicate, epoch, record), so a trial has the same
 * batches in every run and every pack.
 */
import { RandomStream } from '../../base/philox.ts';
import { inputsOf, type Images, type Split } from '../../study/images.ts';
import { mirrorImage, shiftImage } from './augmentation.ts';
import type { PackNetwork } from './pack-network.ts';
import { stepsPerEpoch } from './schedule.ts';
import type { TwoLayerSettings } from './settings.ts';

export class Batches {
  readonly #split: Split;
  readonly #settings: TwoLayerSettings;
  readonly #stream: (purpose: 'recordOrder' | 'mirror' | 'shift', epoch: number) => RandomStream;
  readonly #fill: Uint8Array;
  readonly #stepsPerEpoch: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

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
    this.#stream = (purpose, epoch) => new RandomStream(seed, purpose, replicate, epoch);
    this.#fill = fill;
    this.#stepsPerEpoch = stepsPerEpoch(settings, split.records.length);
  }

  /** Sets the batch of the update that follows `stepsDone` updates. Returns its number of records. */
  load(network: PackNetwork, stepsDone: number): number {
    const epoch = Math.floor(stepsDone / this.#stepsPerEpoch);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#order = this.#stream('recordOrder', epoch).permutation(this.#split.records.length);
    }
    const first = (stepsDone - epoch * this.#stepsPerEpoch) * this.#settings.batch;
    const rows = Math.min(this.#settings.batch, this.#order.length - first);
    const { images, records } = this.#split;
    const order = this.#order.subarray(first, first + rows);
    const batch = order.map((record) => records[record]!);
    loadRows(network, images, batch);
    if (this.#settings.mirror || this.#settings.shift > 0) this.#augment(network, order);
    return rows;
  }

  /** Mirrors first, then shifts. */
  #augment(network: PackNetwork, order: Uint32Array): void {
    const { images } = this.#split;
    const { mirror, shift } = this.#settings;
    const inputs = inputsOf(images);
    const mirrors = this.#stream('mirror', this.#epoch);
    const shifts = this.#stream('shift', this.#epoch);
    const distanceAt = (at: number): number =>
      Math.floor(shifts.uniformAt(at) * (2 * shift + 1)) - shift;
    const pixels = network.copyImages();
    for (const [row, record] of order.entries()) {
      const image = pixels.subarray(row * inputs, (row + 1) * inputs);
      if (mirror && mirrors.uint32At(record) >= 2 ** 31) mirrorImage(image, images);
      if (shift === 0) continue;
      shiftImage(image, this.#fill, images, distanceAt(2 * record), distanceAt(2 * record + 1));
    }
  }
}

/** Sets the batch to `rows` records of the split, from record `first`, without augmentation. */
export function loadRecords(network: PackNetwork, split: Split, first: number, rows: number): void {
  loadRows(network, split.images, split.records.subarray(first, first + rows));
}

function loadRows(network: PackNetwork, { labels, pixels }: Images, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) network.labels[i] = labels[rows[i]!]!;
  network.setImages(pixels, rows);
}
