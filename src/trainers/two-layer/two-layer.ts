/** The two-layer trainer: trains float32 networks with one hidden layer by SGD, in packs, on a kernel. */
import type { TrainingPort } from '../trainer.ts';
import { PackTraining } from './pack-training.ts';
import type { Kernel } from './pack-network.ts';
import { cycleEnds } from './schedule.ts';
import { twoLayerSettings } from './settings.ts';

/** @param kernel of this thread; it has one open pack at a time */
export function twoLayerTraining(kernel: Kernel): TrainingPort {
  return {
    rungs: (settings, trainRecords) => cycleEnds(twoLayerSettings(settings), trainRecords),
    open: (trials, data, context) => new PackTraining(kernel, trials, data, context),
  };
}
