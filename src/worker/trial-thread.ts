/**
 * Trial thread: the entry of a training thread. Trains one pack at a time, from request to results.
 *
 * A thread does not yield while it trains, so progress and stop requests go through shared counters, and
 * other messages through a port. Images are in shared memory.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { RidgelineError } from '../base/errors.ts';
import { trainerName } from '../study/trainer-description.ts';
import { isTrainerSource, openTrainer } from '../trainers/open-trainer.ts';
import type { TrialsRequest } from '../trainers/train-trials.ts';
import type { TrainingPort } from '../trainers/trainer.ts';
import { isOutOfMemory, threadUnfit } from './thread-unfit.ts';
import { trainWork } from './train-work.ts';
import type { TrainingEnd, TrainingWork } from './training-work.ts';

assert(!isMainThread, 'trial-thread.ts is the entry of a thread');

const source: unknown = workerData;
assert(isTrainerSource(source), 'a trial thread receives a trainer source');
const trainers = new Map<string, TrainingPort>();

const trainerFor = ({ settings }: TrialsRequest): TrainingPort => {
  const name = trainerName(settings);
  const trainer = trainers.get(name) ?? loadTrainer(name);
  trainers.set(name, trainer);
  return trainer;
};

/** @throws RidgelineError MACHINE_UNFIT if the kernel cannot be loaded: the trials are not the cause */
function loadTrainer(name: string): TrainingPort {
  assert(isTrainerSource(source), 'a trial thread receives a trainer source');
  try {
    return openTrainer(name, source);
  } catch (error) {
    throw threadUnfit(error);
  }
}

/** `training-pool.ts` names this function to Piscina. */
export function runTraining(work: TrainingWork): TrainingEnd {
  try {
    const results = trainWork(trainerFor(work.request), work);
    return results === null ? { kind: 'stopped' } : { kind: 'ended', results };
  } catch (error) {
    const known = isOutOfMemory(error) ? threadUnfit(error) : error;
    if (!(known instanceof RidgelineError)) throw error;
    const { code, what, fix } = known;
    return { kind: 'refused', code, what, fix };
  } finally {
    work.port.close();
  }
}
