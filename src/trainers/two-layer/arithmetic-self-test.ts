/**
 * The known answer: a small training run whose parameters have one right digest.
 *
 * A worker computes it before it joins. A processor without fused multiply-add, a kernel that sums in
 * another order, an exponential that rounds otherwise: each gives another digest, and the worker takes
 * no part in studies that ask for canonical numbers. The run uses all that a trial may use (dropout,
 * mirroring, shifts, decay, a short last batch) in shapes that no tile divides.
 *
 * What it does not prove: that a machine computes right under load, or that its memory is sound. Audits do.
 */
import { sha256 } from '../../base/digest.ts';
import { RandomStream } from '../../base/philox.ts';
import type { TrainerSettings } from '../../study/spec/study-spec.ts';
import type { TrainingData } from '../../study/images.ts';
import type { Kernel } from './pack-network.ts';
import { trainPack } from './train-pack.ts';

/**
 * The one right value. It changes only when the arithmetic does, and then every stored study keeps the
 * old one and refuses to go on under the new.
 */
export const selfTestDigest = '6d101b54f8bb9601b6d53e9422047fe6c487a7f90caaed4bd7205894a2051da1';

const SEED = 20_100_607;
const RECORDS = 61;

const settings: TrainerSettings = {
  hidden: 21,
  batch: 14,
  learningRate: { min: 1e-3, max: 0.3, stepSize: 9 },
  length: { kind: 'cycles', cycles: 3 },
  measure: { kind: 'cycle' },
  dropout: 0.25,
  mirror: true,
  shift: 1,
};

function rowsBetween(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}

/** Images in five classes: noise, with a bright column that tells the class. */
function syntheticData(): TrainingData {
  const [channels, height, width, classes] = [3, 7, 9, 5];
  const inputs = channels * height * width;
  const noise = new RandomStream(SEED, 'split');
  const pixels = new Uint8Array(RECORDS * inputs);
  const labels = new Uint8Array(RECORDS);
  for (let r = 0; r < RECORDS; r++) {
    const label = r % classes;
    labels[r] = label;
    for (let k = 0; k < inputs; k++) {
      const bright = k % width === label ? 90 : 0;
      pixels[r * inputs + k] = (noise.uint32At(r * inputs + k) % 160) + bright;
    }
  }
  const images = { pixels, labels, channels, height, width, classes, pixelMax: 255 };
  return {
    train: { images, records: rowsBetween(0, 47) },
    validation: { images, records: rowsBetween(47, RECORDS) },
    test: null,
  };
}

/** The digest that this kernel's arithmetic gives: of the parameters and of every measured loss. Takes some milliseconds. */
export function computeSelfTestDigest(kernel: Kernel): string {
  const lambdas = [1e-9, 1e-4, 0.02];
  const request = { seed: SEED, replicate: 1, settings, lambdas, measureTest: false };
  const results = trainPack(kernel, request, syntheticData(), { nowMs: () => 0 });
  const lines = results.map((result) => {
    // It does not where numbers are right; where they are not, that is an answer too.
    if (result.kind === 'diverged') return 'diverged';
    const losses = result.curve.flatMap((point) => [point.trainCost, point.validationLoss]);
    return [result.digest, ...losses].join(' ');
  });
  return sha256(lines.join('\n'));
}
