/**
 * What one thread of the pool runs: a pack, from its assignment to its results.
 *
 * The kernel is compiled once in the process and opened once in each thread; images lie in
 * shared memory. Progress goes out through a shared counter, so that the process can tell a slow
 * trial from a hung one while this thread never yields.
 */
import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { RidgelineError } from '../base/errors.ts';
import type { TrainerSettings } from '../study/spec/study-spec.ts';
import type { Measurement, TrialResult } from '../study/trial.ts';
import type { TrainingData } from '../study/images.ts';
import { openKernel, type KernelSource } from '../trainers/two-layer/kernel-file.ts';
import { trainOrStop, trainPack, type TrainingState } from '../trainers/two-layer/train-pack.ts';

assert(!isMainThread, 'trial-thread.ts is the entry of a thread');

export interface PackWork {
  readonly seed: number;
  readonly replicate: number;
  readonly settings: TrainerSettings;
  readonly lambdas: readonly number[];
  readonly measureTest: boolean;
  readonly data: TrainingData;
  /** (1) counts up while training goes on. */
  readonly progress: Int32Array;
  /** Measurements go out here as they are made. */
  readonly port: MessagePort;
}

export interface MeasuredMessage {
  readonly member: number;
  readonly measurement: Measurement;
}

const kernel = openKernel(kernelOf(workerData));

function kernelOf(data: unknown): KernelSource {
  assert(hasKernel(data), 'a trial thread is handed the chosen kernel');
  return data.kernel;
}

function hasKernel(data: unknown): data is { readonly kernel: KernelSource } {
  if (typeof data !== 'object' || data === null || !('kernel' in data)) return false;
  const source = data.kernel;
  return (
    typeof source === 'object' &&
    source !== null &&
    'module' in source &&
    source.module instanceof WebAssembly.Module &&
    'nativePath' in source
  );
}

/** Runs in the thread; `thread-pool.ts` names it to Piscina. */
export function runPack(work: PackWork): TrialResult[] {
  const { data, progress, port, ...request } = work;
  const results = trainPack(kernel, request, data, {
    nowMs: () => performance.now(),
    onStep: () => {
      Atomics.add(progress, 0, 1);
    },
    onMeasured: (member, measurement) => {
      port.postMessage({ member, measurement } satisfies MeasuredMessage);
    },
  });
  port.close();
  return results;
}

/** One network, which can be stopped, and resumed where it was. */
export interface TrainingWork extends Omit<PackWork, 'lambdas' | 'progress'> {
  readonly lambda: number;
  /** Null: from the start. */
  readonly resume: TrainingState | null;
  /** (2) updates done; not 0: stop after the next one. */
  readonly control: Int32Array;
}

/** What a training run posts on its way. */
export type TrainingMessage =
  | { readonly kind: 'measured'; readonly measurement: Measurement }
  | { readonly kind: 'state'; readonly state: TrainingState };

/** How a training run ended. Errors lose their class between threads, so an expected one is a value. */
export type TrainingEnd =
  | { readonly kind: 'ended'; readonly result: TrialResult }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'refused';
      readonly code: RidgelineError['code'];
      readonly what: string;
      readonly fix: string;
    };

/** Runs in the thread. */
export function runTraining(work: TrainingWork): TrainingEnd {
  try {
    const result = train(work);
    return result === null ? { kind: 'stopped' } : { kind: 'ended', result };
  } catch (error) {
    if (!(error instanceof RidgelineError)) throw error;
    const { code, what, fix } = error;
    return { kind: 'refused', code, what, fix };
  } finally {
    work.port.close();
  }
}

function train(work: TrainingWork): TrialResult | null {
  const { data, control, port, lambda, resume, ...request } = work;
  const post = (message: TrainingMessage): void => port.postMessage(message);
  const results = trainOrStop(
    kernel,
    { ...request, lambdas: [lambda], ...(resume === null ? {} : { resume: [resume] }) },
    data,
    {
      nowMs: () => performance.now(),
      onStep: (step) => Atomics.store(control, 0, step),
      onMeasured: (_, measurement) => post({ kind: 'measured', measurement }),
      onState: (_, state) => post({ kind: 'state', state }),
      isStopped: () => Atomics.load(control, 1) !== 0,
    },
  );
  return results?.[0] ?? null;
}
