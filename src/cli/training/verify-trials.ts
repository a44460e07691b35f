/**
 * Trial verification: trains stored trials again, in packs on threads of this process, as a worker does.
 *
 * Not here: which trials (`commands/verify.ts`), how results are compared (`study/result-differences.ts`).
 */
import type { TrainingData } from '../../study/images.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import type { TrialRecord, TrialResult } from '../../study/trial.ts';
import type { TrainerSource } from '../../trainers/open-trainer.ts';
import { ThreadPool } from '../../worker/thread-pool.ts';

export interface TrialVerification {
  readonly spec: StudySpec;
  readonly trainer: TrainerDescription;
  readonly data: TrainingData;
  readonly source: TrainerSource;
  readonly threads: number;
  readonly trials: readonly TrialRecord[];
  /** Stops the verification; trials in training are not reported. */
  readonly signal: AbortSignal;
  readonly onResult: (trial: TrialRecord, result: TrialResult) => void;
}

export async function verifyTrials(options: TrialVerification): Promise<void> {
  const { spec, data, source, threads, trials, signal, onResult } = options;
  await using pool = new ThreadPool(threads, source);
  const packs = formPacks(options);
  const trainPacks = async (): Promise<void> => {
    for (let pack = packs.shift(); pack !== undefined && !signal.aborted; pack = packs.shift()) {
      const name = `${packs.length}`;
      const stop = (): void => pool.stop(name, 'interrupted');
      signal.addEventListener('abort', stop);
      try {
        const request = {
          seed: spec.seed,
          replicate: pack[0]?.id.replicate ?? 1,
          settings: spec.trainer,
          measureTest: spec.test === 'all' && data.test !== null,
          params: pack.map((trial) => trial.params),
          data,
        };
        const end = await pool.train(name, request, () => undefined);
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
  await Promise.all(Array.from({ length: Math.min(threads, trials.length) }, trainPacks));
}

/** In order; trials of a pack have the same replicate and pack key. */
function formPacks({ spec, trainer, trials, threads }: TrialVerification): TrialRecord[][] {
  const share = Math.max(1, Math.ceil(trials.length / threads));
  const packKey = ({ id, params }: TrialRecord): string =>
    `${id.replicate} ${trainer.packKey(spec.trainer, params)}`;
  const packs: TrialRecord[][] = [];
  for (const trial of trials) {
    const last = packs.at(-1);
    const size = Math.min(share, trainer.packSize(spec.trainer, trial.params));
    const first = last?.[0];
    const fits = last !== undefined && last.length < size && first !== undefined;
    if (fits && packKey(first) === packKey(trial)) last.push(trial);
    else packs.push([trial]);
  }
  return packs;
}
