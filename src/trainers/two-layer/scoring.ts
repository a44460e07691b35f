/**
 * Class probabilities of trained networks, and what they are worth: the arithmetic behind an ensemble
 * and behind `predict`.
 *
 * A generator, since thousands of images take seconds: it pauses after each chunk, and whoever drives it
 * may show how far it is, let signals in, or give up.
 */
import { exp, log } from '../../base/elementary.ts';
import { mirrorImage } from './augmentation.ts';
import { loadRecords } from './batches.ts';
import { inputsOf, type Images, type Split } from '../../study/images.ts';
import { MEASURE_ROWS } from './measuring.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';
import type { Kernel } from './pack-network.ts';
import type { Standardization } from './standardization.ts';

export interface ScoringNetwork {
  readonly shape: NetworkShape;
  readonly parameters: NetworkParameters;
  readonly standardization: Standardization;
  /** Whether each image is seen a second time, mirrored, and the two answers are averaged. */
  readonly mirror: boolean;
}

/**
 * Softmax of the scores of every record.
 *
 * @yields records done, of those that were asked for; mirrored ones count again
 * @returns (N, C) in the order of the split; each row sums to 1
 */
export function* probabilitiesOf(
  kernel: Kernel,
  { shape, parameters, standardization, mirror }: ScoringNetwork,
  split: Split,
): Generator<number, Float64Array> {
  const { classes } = shape;
  const count = split.records.length;
  const views = mirror ? [false, true] : [false];
  const network = kernel.openPack({ ...shape, members: 1, rows: MEASURE_ROWS });
  network.setStandardization(standardization);
  network.setParameters(0, parameters);
  const probabilities = new Float64Array(count * classes);
  let done = 0;
  for (let first = 0; first < count; first += MEASURE_ROWS) {
    const rows = Math.min(MEASURE_ROWS, count - first);
    for (const mirrored of views) {
      loadRecords(network, split, first, rows);
      if (mirrored) mirrorRows(network.pixels, split.images, rows);
      const [scores] = network.scores(rows);
      const target = probabilities.subarray(first * classes, (first + rows) * classes);
      for (let row = 0; row < rows; row++) {
        addSoftmax(target, scores!, row * classes, classes, views.length);
      }
      done += rows;
    }
    yield done;
  }
  return probabilities;
}

function mirrorRows(pixels: Uint8Array, images: Images, rows: number): void {
  const inputs = inputsOf(images);
  for (let row = 0; row < rows; row++) {
    mirrorImage(pixels.subarray(row * inputs, (row + 1) * inputs), images);
  }
}

/** target[at + c] += softmax(scores[at …])[c] / views, in float64. */
function addSoftmax(
  target: Float64Array,
  scores: Float32Array,
  at: number,
  classes: number,
  views: number,
): void {
  let max = -Infinity;
  for (let c = 0; c < classes; c++) max = Math.max(max, scores[at + c]!);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += exp(scores[at + c]! - max);
  for (let c = 0; c < classes; c++) target[at + c]! += exp(scores[at + c]! - max) / sum / views;
}

/** The mean of several networks' probabilities, each with an equal say. */
export function meanProbabilities(members: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(members[0]?.length ?? 0);
  for (const probabilities of members) {
    for (let i = 0; i < mean.length; i++) mean[i]! += probabilities[i]! / members.length;
  }
  return mean;
}

/** The class of the highest probability, the first of equals. */
export function likeliestClass(
  probabilities: Float64Array,
  record: number,
  classes: number,
): number {
  const at = record * classes;
  let best = 0;
  for (let c = 1; c < classes; c++) {
    if (probabilities[at + c]! > probabilities[at + best]!) best = c;
  }
  return best;
}

/** Accuracy and mean cross-entropy in nats of (N, C) probabilities against the split's labels. */
export function worthOf(
  probabilities: Float64Array,
  { images, records }: Split,
): { readonly accuracy: number; readonly loss: number } {
  const { classes, labels } = images;
  let right = 0;
  let loss = 0;
  for (let r = 0; r < records.length; r++) {
    const label = labels[records[r]!]!;
    if (likeliestClass(probabilities, r, classes) === label) right++;
    loss -= log(probabilities[r * classes + label]!);
  }
  return { accuracy: right / records.length, loss: loss / records.length };
}
