/**
 * Arithmetic self-test: a small training run whose parameters have one correct digest.
 *
 * A processor without fused multiply-add, another order of sums, or an exponential that rounds differently
 * gives another digest. A worker with another digest receives no trials of reproducible studies. The run
 * uses all that a trial may use (dropout, mirroring, shifts, decay, a short last batch), with shapes that
 * are not multiples of a tile. It cannot detect errors under load or defective memory; audits detect
 * these.
 */
import { sha256 } from '../../base/digest.ts';
import { RandomStream } from '../../base/philox.ts';
import { assert } from '../../base/assert.ts';
import type { TrainingData } from '../../study/images.ts';
import type { TrialResult } from '../../study/trial.ts';
import { trainTrials } from '../train-trials.ts';
import type { Kernel } from './pack-network.ts';
import type { TwoLayerSettings } from './settings.ts';
import { twoLayerTraining } from './two-layer.ts';

/** The correct digest. Stored studies keep the digest they started with, and resume under no other. */
export const selfTestDigest = '6d101b54f8bb9601b6d53e9422047fe6c487a7f90caaed4bd7205894a2051da1';

const SEED = 20_100_607;
const RECORDS = 61;

const settings: TwoLayerSettings = {
  hidden: 21,
  batch: 14,
  learningRate: { min: 1e-3, max: 0.3, stepSize: 9, cycleMultiplier: 1 },
  cycles: 3,
  measure: 'cycle',
  dropout: 0.25,
  mirror: true,
  shift: 1,
};

/** Noise in five classes: the position of a bright column is the class. */
function syntheticData(): TrainingData {
  const [channels, height, width, classes] = [3, 7, 9, 5];
  const inputs = channels * height * width;
  const noise = new RandomStream(SEED, 'split');
  const labels = Uint8Array.from({ length: RECORDS }, (_, r) => r % classes);
  const pixels = Uint8Array.from({ length: RECORDS * inputs }, (_, i) => {
    const isBright = (i % inputs) % width === labels[Math.floor(i / inputs)];
    return (noise.uint32At(i) % 160) + (isBright ? 90 : 0);
  });
  const records = Uint32Array.from({ length: RECORDS }, (_, r) => r);
  const images = { pixels, labels, channels, height, width, classes, pixelMax: 255 };
  return {
    train: { images, records: records.subarray(0, 47) },
    validation: { images, records: records.subarray(47) },
    test: null,
  };
}

const lambdas = [1e-9, 1e-4, 0.02];

/**
 * Whether a kernel gives the correct digest, in a pack of two and a pack of one: an even and an odd number of
 * panels of W1, which kernels compute in pairs. Takes some milliseconds.
 */
export function passesSelfTest(kernel: Kernel): boolean {
  return computeSelfTestDigest(kernel, 2) === selfTestDigest;
}

/** Digest of the parameters and measured losses that a kernel computes, in packs of `packSize`. */
export function computeSelfTestDigest(kernel: Kernel, packSize = lambdas.length): string {
  const trainer = twoLayerTraining(kernel);
  const data = syntheticData();
  const results: TrialResult[] = [];
  for (let first = 0; first < lambdas.length; first += packSize) {
    const params = lambdas.slice(first, first + packSize).map((lambda) => ({ lambda }));
    const request = { seed: SEED, replicate: 1, settings, params, measureTest: false };
    const trained = trainTrials(trainer, request, data, { nowMs: () => 0 });
    assert(trained !== null, 'the self-test is not stopped');
    results.push(...trained);
  }
  const lines = results.map((result) => {
    // Correct arithmetic does not diverge.
    if (result.kind === 'diverged') return 'diverged';
    const losses = result.curve.flatMap(({ metrics }) => [
      metrics['train_cost'],
      metrics['validation_loss'],
    ]);
    return [result.digest, ...losses].join(' ');
  });
  return sha256(lines.join('\n'));
}
