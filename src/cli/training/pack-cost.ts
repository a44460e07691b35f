/**
 * Pack cost: the time that a trial takes on this machine, from short real trainings of one pack. The times of
 * updates and of measurements are separated, since a trial has many updates and few measurements.
 *
 * It counts processor time, which other programs change little, and trains long enough for the clock.
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
  /** Processor time of one trial of the pack, in s: the median, the second fastest and the second slowest run. */
  readonly seconds: number;
  readonly low: number;
  readonly high: number;
}

const runs = 5;
/** Updates of the short training of a run. */
const shortSteps = 4;
/** Updates of the long one: from `longSteps`, until they take `longSeconds`. */
const longSteps = 16;
const longStepsMax = 65_536;
const longSeconds = 0.05;
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
  time(longSteps, pack, few);
  let long = longSteps;
  while (long < longStepsMax && time(long, pack, few) < longSeconds) long *= 4;
  const perTrial = Array.from({ length: runs }, () => {
    const updates = time(long, pack, few) - time(shortSteps, pack, few);
    const update = Math.max(0, updates) / (long - shortSteps) / pack;
    const measurement = Math.max(0, time(shortSteps, 1, data) - time(shortSteps, 1, few));
    return steps * update + measurements * measurement;
  }).toSorted((a, b) => a - b);
  // Without the fastest and the slowest run.
  const [, low = 0, seconds = low, high = seconds] = perTrial;
  return { pack, seconds, low, high };
}

/** Without the key, under which values of the whole split are cached. */
function firstRecords({ images, records }: Split, count: number): Split {
  return { images, records: records.slice(0, count) };
}

/** @returns seconds of processor time of a training that is measured once, at its end */
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
  const started = process.cpuUsage();
  trainTrials(twoLayerTraining(kernel), { ...request, params }, data, {
    nowMs: () => performance.now(),
  });
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

/** Why a search may take longer than measured; null if the machine is idle enough. */
export function busyText(): string | null {
  const [load = 0] = loadavg();
  const processors = availableParallelism();
  if (load < 0.75 * processors) return null;
  return `this machine is busy (load ${load.toFixed(1)} on ${processors} processors): a search takes longer meanwhile`;
}
