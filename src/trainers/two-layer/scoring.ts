/** Scoring: class probabilities of trained networks, and their accuracy and loss. */
import { exp, log } from '../../base/elementary.ts';
import type { Split } from '../../study/images.ts';
import { mirrorImage } from './augmentation.ts';
import { loadRecords } from './batches.ts';
import { MEASURE_ROWS } from './measuring.ts';
import type { NetworkParameters, NetworkShape } from './model.ts';
import type { Kernel } from './pack-network.ts';
import type { Standardization } from './standardization.ts';

export interface ScoringNetwork {
  readonly shape: NetworkShape;
  readonly parameters: NetworkParameters;
  readonly standardization: Standardization;
  /** Whether probabilities are averaged over each image and its mirror image. */
  readonly mirror: boolean;
}

/**
 * Softmax of the scores of every record; the caller may show progress or stop between chunks.
 * @yields images scored so far; a mirrored image counts as another one
 * @returns (N, C) in the order of the split; each row sums to 1
 */
export function* classProbabilities(
  kernel: Kernel,
  { shape, parameters, standardization, mirror }: ScoringNetwork,
  split: Split,
): Generator<number, Float64Array> {
  const { inputs, classes } = shape;
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
      if (mirrored) {
        const pixels = network.copyImages();
        for (let row = 0; row < rows; row++) {
          mirrorImage(pixels.subarray(row * inputs, (row + 1) * inputs), split.images);
        }
      }
      const [scores] = network.scores(rows);
      for (let row = 0; row < rows; row++) {
        const target = probabilities.subarray((first + row) * classes);
        addSoftmax(target, scores!.subarray(row * classes, (row + 1) * classes), views.length);
      }
      done += rows;
    }
    yield done;
  }
  return probabilities;
}

/** target += softmax(scores) / views, in float64. */
function addSoftmax(target: Float64Array, scores: Float32Array, views: number): void {
  const max = Math.max(...scores);
  let sum = 0;
  for (const score of scores) sum += exp(score - max);
  for (let c = 0; c < scores.length; c++) target[c]! += exp(scores[c]! - max) / sum / views;
}

export function meanProbabilities(members: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(members[0]?.length ?? 0);
  for (const probabilities of members) {
    for (let i = 0; i < mean.length; i++) mean[i]! += probabilities[i]! / members.length;
  }
  return mean;
}

/** The class with the highest probability, the first of equals. */
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
export function scoreProbabilities(
  probabilities: Float64Array,
  { images, records }: Split,
): { readonly accuracy: number; readonly loss: number } {
  const { classes, labels } = images;
  let correct = 0;
  let loss = 0;
  for (let r = 0; r < records.length; r++) {
    const label = labels[records[r]!]!;
    if (likeliestClass(probabilities, r, classes) === label) correct++;
    loss -= log(probabilities[r * classes + label]!);
  }
  return { accuracy: correct / records.length, loss: loss / records.length };
}
