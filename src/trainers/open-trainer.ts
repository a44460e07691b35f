/** Trainer opening: makes a trainer ready to train in the calling thread. */
import { RidgelineError } from '../base/errors.ts';
import type { TrainingPort } from './trainer.ts';
import { computeSelfTestDigest, selfTestDigest } from './two-layer/arithmetic-self-test.ts';
import { openKernel, type KernelSource } from './two-layer/kernel-file.ts';
import { twoLayerName } from './two-layer/settings.ts';
import { twoLayerTraining } from './two-layer/two-layer.ts';

/** What a thread needs to open trainers: chosen once per process, and copied by structured cloning. */
export type TrainerSource = KernelSource;

/**
 * Opens a trainer and a kernel with its own memory. Call it once per thread and name.
 * @throws RidgelineError STUDY_INVALID for an unknown name
 */
export function openTrainer(name: string, source: TrainerSource): TrainingPort {
  if (name === twoLayerName) return twoLayerTraining(openKernel(source));
  throw new RidgelineError(
    'STUDY_INVALID',
    `This worker has no trainer ${JSON.stringify(name)}.`,
    `Set trainer.name to ${twoLayerName}, or update the worker to the coordinator's version.`,
  );
}

export function isTrainerSource(data: unknown): data is TrainerSource {
  return data instanceof Object && 'kind' in data && ('module' in data || 'path' in data);
}

/** The kernel's name, and the digest that its arithmetic gives. May take some milliseconds. */
export function selfTest(source: TrainerSource): { kernel: KernelSource['name']; digest: string } {
  const digest = source.isTested ? selfTestDigest : computeSelfTestDigest(openKernel(source));
  return { kernel: source.name, digest };
}
