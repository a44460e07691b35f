/**
 * Trainer opening: makes a trainer ready to train in the calling thread.
 *
 * A `TrainerSource` is chosen once in a process and sent to its threads.
 */
import { RidgelineError } from '../base/errors.ts';
import type { TrainingPort } from './trainer.ts';
import { computeSelfTestDigest } from './two-layer/arithmetic-self-test.ts';
import { openKernel, type KernelSource } from './two-layer/kernel-file.ts';
import { twoLayerName } from './two-layer/settings.ts';
import { twoLayerTraining } from './two-layer/two-layer.ts';

/** What a thread needs to open trainers: structured cloning can copy it. */
export type TrainerSource = KernelSource;

/**
 * Opens a trainer, and with it a kernel that has its own memory: call it once per thread and name.
 *
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

/** Checks data from another thread. */
export function isTrainerSource(data: unknown): data is TrainerSource {
  return (
    typeof data === 'object' &&
    data !== null &&
    'module' in data &&
    data.module instanceof WebAssembly.Module &&
    'nativePath' in data
  );
}

/** The kernel's name, and the digest that its arithmetic gives. Takes some milliseconds. */
export function selfTest(source: TrainerSource): {
  readonly kernel: KernelSource['name'];
  readonly digest: string;
} {
  return { kernel: source.name, digest: computeSelfTestDigest(openKernel(source)) };
}
