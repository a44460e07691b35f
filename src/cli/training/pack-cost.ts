/**
 * Pack cost: the time that a trial takes on this machine, from short real trainings of one pack. The times of
 * updates and of measurements are separated, since a trial has many updates and few measurements.
 */
import { loadavg, availableParallelism } from 'node:os';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { Split, TrainingData } from '../../study/images.ts';
import { trainTrials } from '../../trainers/train-trials.ts';
import type { Kernel } from '../../trainers/two-layer/kernel.ts';
import { measuredSteps, trainingSteps } from '../../trainers/two-layer/schedule.ts';
import { twoLayerSettings } from '../../trainers/two-layer/settings.ts';
import { twoLayerTraining } from '../../trainers/two-layer/two-layer.ts';

export interface TrialCost {
  /** Trials side by side in one thread. */
  readonly pack: number;
  /** Seconds of one thread for one trial of the pack: the median, the fastest and the slowest of some runs. */
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
}

const runs = 3;
/** Updates of the short and of the long training of a run. */
const shortSteps = 4;
const longSteps = 16;
/** Validation records of the trainings that time updates. */
const fewRecords = 64;

export function measureTrialCost(
  spec: StudySpec,
  pack: number,
  data: TrainingData,
  kernel: Kernel,
): TrialCost {
  const settings = twoLayerSettings(spec.trainer);
  const count = data.train.records.length;
  const steps = trainingSteps(settings, count);
  const measurements = measuredSteps(settings, count).length;
  // With few records, almost only the updates take time.
  const few = {
    ...data,
    train: firstRecords(data.train, longSteps * settings.batch),
    validation: firstRecords(data.validation, fewRecords),
  };
  const time = (updates: number, members: number, records: TrainingData): number =>
    timeTraining(spec, updates, members, records, kernel);
  // The first training compiles the kernel and fills the caches.
  time(shortSteps, pack, few);
  const perTrial = Array.from({ length: runs }, () => {
    const updates = time(longSteps, pack, few) - time(shortSteps, pack, few);
    const update = Math.max(0, updates) / (longSteps - shortSteps) / pack;
    const measurement = Math.max(0, time(shortSteps, 1, data) - time(shortSteps, 1, few));
    return steps * update + measurements * measurement;
  }).toSorted((a, b) => a - b);
  const [low = 0, median = low, high = median] = perTrial;
  return { pack, seconds: median, low, high };
}

/** Without the key, under which values of the whole split are cached. */
function firstRecords({ images, records }: Split, count: number): Split {
  return { images, records: records.slice(0, count) };
}

/** @returns seconds of a training that is measured once, at its end */
function timeTraining(
  spec: StudySpec,
  steps: number,
  pack: number,
  data: TrainingData,
  kernel: Kernel,
): number {
  const { epochs: _epochs, ...settings } = twoLayerSettings(spec.trainer);
  const short = {
    ...settings,
    learningRate: { ...settings.learningRate, stepSize: steps / 2, cycleMultiplier: 1 },
    cycles: 1,
    measure: 'end',
  };
  const request = { seed: spec.seed, replicate: 1, settings: short, measureTest: false };
  const params = Array.from({ length: pack }, () => ({ lambda: 1e-3 }));
  const startedMs = performance.now();
  trainTrials(twoLayerTraining(kernel), { ...request, params }, data, {
    nowMs: () => performance.now(),
  });
  return (performance.now() - startedMs) / 1_000;
}

/** Why measured times may be too long; null if the machine is idle enough. */
export function busyText(): string | null {
  const [load = 0] = loadavg();
  const processors = availableParallelism();
  if (load < 0.75 * processors) return null;
  return `this machine is busy (load ${load.toFixed(1)} on ${processors} processors), so the times are too long`;
}
