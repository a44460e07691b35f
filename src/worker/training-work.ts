/** Training work: what a pool sends to a training thread and what the thread sends back. */
import type { MessagePort } from 'node:worker_threads';
import type { RidgelineError } from '../base/errors.ts';
import type { TrainingData } from '../study/images.ts';
import type { Measurement, TrialResult } from '../study/trial.ts';
import type { ReachedRung, TrainingState, TrialsRequest } from '../trainers/train-trials.ts';

/**
 * Indices of `TrainingWork.control`. `progress` grows while the thread works, `step` is the number of
 * updates done, and a `stop` of 1 stops training after the next update.
 */
export const counters = { progress: 0, step: 1, stop: 2 } as const;

export interface TrainingWork {
  readonly request: TrialsRequest;
  readonly data: TrainingData;
  /** Whether the thread posts the states of members, so that training can resume. */
  readonly postStates: boolean;
  /** Whether the thread posts the rungs that members reach. */
  readonly postRungs: boolean;
  /** In shared memory; see `counters`. */
  readonly control: Int32Array;
  readonly port: MessagePort;
}

/** What a thread posts while it trains. */
export type TrainingMessage =
  | { readonly kind: 'measured'; readonly member: number; readonly measurement: Measurement }
  | { readonly kind: 'state'; readonly member: number; readonly state: TrainingState }
  | { readonly kind: 'rung'; readonly member: number; readonly rung: ReachedRung }
  /** A state of another worker was wrong: training began with the first step. */
  | { readonly kind: 'rejected' };

/** How training ended. Errors lose their class between threads, so an operating error is a value. */
export type TrainingEnd =
  | { readonly kind: 'ended'; readonly results: TrialResult[] }
  | { readonly kind: 'stopped' }
  | ({ readonly kind: 'refused' } & Pick<RidgelineError, 'code' | 'what' | 'fix'>);
