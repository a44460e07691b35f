/** Work training: trains what a pool sends to a thread, and reports progress through counters and a port. */
import { trainTrials } from '../trainers/train-trials.ts';
import type { TrainingPort } from '../trainers/trainer.ts';
import type { TrialResult } from '../study/trial.ts';
import { counters, type TrainingMessage, type TrainingWork } from './training-work.ts';

/** @returns null if training was stopped */
export function trainWork(
  trainer: TrainingPort,
  { request, data, postStates, postRungs, control, port }: TrainingWork,
): TrialResult[] | null {
  const post = (message: TrainingMessage): void => port.postMessage(message);
  return trainTrials(trainer, request, data, {
    nowMs: () => performance.now(),
    onStep: (step) => {
      Atomics.add(control, counters.progress, 1);
      Atomics.store(control, counters.step, step);
    },
    onMeasured: (member, measurement) => post({ kind: 'measured', member, measurement }),
    ...(postStates && { onState: (member, state) => post({ kind: 'state', member, state }) }),
    ...(postRungs && { onRung: (member, rung) => post({ kind: 'rung', member, rung }) }),
    onRejected: () => post({ kind: 'rejected' }),
    isStopped: () => Atomics.load(control, counters.stop) !== 0,
  });
}
