/**
 * Trains trials of a stored study again, in packs on threads of this process, as a worker would.
 *
 * Not here: which trials (`commands/verify.ts`), what is compared (`study/result-differences.ts`).
 */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrialRecord, TrialResult } from '../../study/trial.ts';
import type { TrainingData } from '../../study/images.ts';
import type { KernelSource } from '../../trainers/two-layer/kernel-file.ts';
import { ThreadPool } from '../../worker/thread-pool.ts';

export interface Recomputing {
  readonly spec: StudySpec;
  readonly data: TrainingData;
  readonly kernel: KernelSource;
  readonly threads: number;
  readonly trials: readonly TrialRecord[];
  /** Ends it: what is training then is not reported. */
  readonly signal: AbortSignal;
  readonly onResult: (trial: TrialRecord, result: TrialResult) => void;
}

/** As many side by side as a thread's caches hold; results are the same for any size. */
const packMax = 8;
const packColumnsMax = 800;

export async function recompute(options: Recomputing): Promise<void> {
  const { spec, data, kernel, threads, trials, signal, onResult } = options;
  await using pool = new ThreadPool(threads, kernel);
  const packs = packsOf(trials, packSize(spec, trials.length, threads));
  const trainPacks = async (): Promise<void> => {
    for (let pack = packs.shift(); pack !== undefined && !signal.aborted; pack = packs.shift()) {
      const name = `${packs.length}`;
      const stop = (): void => pool.stop(name, 'interrupted');
      signal.addEventListener('abort', stop);
      try {
        const end = await pool.train(name, requestOf(spec, data, pack), () => undefined);
        if (end.kind === 'stopped') return;
        for (const [index, trial] of pack.entries()) {
          const result = end.results[index];
          if (result !== undefined) onResult(trial, result);
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    }
  };
  await Promise.all(Array.from({ length: threads }, trainPacks));
}

function packSize(spec: StudySpec, trials: number, threads: number): number {
  const fit = Math.max(1, Math.floor(packColumnsMax / spec.trainer.hidden));
  return Math.min(packMax, fit, Math.max(1, Math.ceil(trials / threads)));
}

/** In order, each of one replicate. */
function packsOf(trials: readonly TrialRecord[], size: number): TrialRecord[][] {
  const packs: TrialRecord[][] = [];
  for (const trial of trials) {
    const last = packs.at(-1);
    const isFitting = last?.[0]?.id.replicate === trial.id.replicate && last.length < size;
    if (last !== undefined && isFitting) last.push(trial);
    else packs.push([trial]);
  }
  return packs;
}

function requestOf(spec: StudySpec, data: TrainingData, pack: readonly TrialRecord[]) {
  return {
    seed: spec.seed,
    replicate: pack[0]?.id.replicate ?? 1,
    settings: spec.trainer,
    measureTest: spec.test === 'all' && data.test !== null,
    lambdas: pack.map((trial) => trial.lambda),
    data,
  };
}
