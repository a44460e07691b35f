/**
 * Which records make a batch, and what is done to each on its way into the kernel's memory.
 *
 * Order, mirroring and shifts are functions of (seed, replicate, epoch, record): a trial that is
 * repeated, or trained beside others, sees the same batches.
 */
import { RandomStream } from '../base/philox.ts';
import type { TrainerSettings } from '../study/study-spec.ts';
import { inputsOf } from './images.ts';
import type { Images, Split } from './images.ts';
import type { PackNetwork } from './pack-network.ts';

/** How one record is changed before it is used. */
interface Placement {
  readonly mirrored: boolean;
  /** Pixels to the right and downwards. */
  readonly right: number;
  readonly down: number;
}

/** The batches of one training run, in order. */
export class Batches {
  readonly #split: Split;
  readonly #settings: TrainerSettings;
  readonly #seed: number;
  readonly #replicate: number;
  readonly #fill: Uint8Array;
  readonly #stepsPerEpoch: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);
  #mirror: RandomStream | null = null;
  #shift: RandomStream | null = null;

  /** @param fill (D) the bytes that stand beside a shifted image: the training mean, which is about 0 once standardised */
  constructor(
    split: Split,
    settings: TrainerSettings,
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
   * Writes the batch that follows `stepsDone` updates.
   *
   * @returns its records: fewer than `settings.batch` at the end of an epoch
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
    if (this.#mirror === null && this.#shift === null) {
      network.loadImages(images.pixels, batch);
      return rows;
    }
    const inputs = inputsOf(images);
    for (let row = 0; row < rows; row++) {
      const start = batch[row]! * inputs;
      const image = images.pixels.subarray(start, start + inputs);
      const out = network.pixels.subarray(row * inputs, (row + 1) * inputs);
      const placement = this.#placementOf(order[row]!);
      if (placement === null) out.set(image);
      else {
        out.set(this.#fill);
        placeImage(out, image, images, placement);
      }
    }
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

  #placementOf(record: number): Placement | null {
    const mirrored = this.#mirror !== null && this.#mirror.uint32At(record) >= 2 ** 31;
    if (this.#shift === null) return mirrored ? { mirrored, right: 0, down: 0 } : null;
    const places = 2 * this.#settings.shift + 1;
    const right = Math.floor(this.#shift.uniformAt(2 * record) * places) - this.#settings.shift;
    const down = Math.floor(this.#shift.uniformAt(2 * record + 1) * places) - this.#settings.shift;
    return { mirrored, right, down };
  }
}

/** Writes `rows` records of the split from `first` on, as they are. */
export function loadRecords(network: PackNetwork, split: Split, first: number, rows: number): void {
  const { images } = split;
  const records = split.records.subarray(first, first + rows);
  for (let row = 0; row < rows; row++) network.labels[row] = images.labels[records[row]!]!;
  network.loadImages(images.pixels, records);
}

/** Copies what stays inside; mirrors first, then shifts. */
export function placeImage(
  out: Uint8Array,
  image: Uint8Array,
  { channels, height, width }: Images,
  { mirrored, right, down }: Placement,
): void {
  const columns = width - Math.abs(right);
  const toFirst = Math.max(0, right);
  const fromFirst = Math.max(0, -right);
  const yFirst = Math.max(0, -down);
  const yEnd = Math.min(height, height - down);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = yFirst; y < yEnd; y++) {
      const from = (channel * height + y) * width; // seek to image[channel, y, :]
      const to = (channel * height + y + down) * width + toFirst;
      if (mirrored) {
        const last = from + width - 1 - fromFirst;
        for (let x = 0; x < columns; x++) out[to + x] = image[last - x]!;
      } else {
        for (let x = 0; x < columns; x++) out[to + x] = image[from + fromFirst + x]!;
      }
    }
  }
}
