/**
 * Trial verification: trains stored trials again, in packs on threads of this process, as a worker does.
 *
 * Not here: which trials (`commands/verify.ts`), how results are compared (`study/result-differences.ts`).
 */
import type { TrainingData } from '../../study/images.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import type { TrialRecord, TrialResult } from '../../study/trial.ts';
import type { TrainerSource } from '../../trainers/open-trainer.ts';
import { TrainingPool } from '../../worker/training-pool.ts';

interface TrialVerification {
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
  const { spec, data, source, threads, signal, onResult } = options;
  await using pool = new TrainingPool(threads, source);
  const packs = formPacks(options);
  const trainPack = async (pack: readonly TrialRecord[]): Promise<void> => {
    const toStep = rungOf(pack[0]);
    const request = {
      seed: spec.seed,
      replicate: pack[0]?.id.replicate ?? 1,
      settings: spec.trainer,
      measureTest: spec.test === 'all' && data.test !== null && toStep === undefined,
      toStep,
      params: pack.map((trial) => trial.params),
      data,
    };
    const results = await pool.start(request, () => undefined, { signal }).finished;
    for (const [index, result] of results?.entries() ?? []) {
      const trial = pack[index];
      if (trial !== undefined) onResult(trial, result);
    }
  };
  const trainPacks = async (): Promise<void> => {
    for (let pack = packs.shift(); pack !== undefined; pack = packs.shift()) await trainPack(pack);
  };
  try {
    await Promise.all(Array.from({ length: threads }, trainPacks));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The rung at which the result of the trial was computed; undefined: its last step. */
function rungOf(trial: TrialRecord | undefined): number | undefined {
  return trial?.rungs?.toStep ?? undefined;
}

/** Trials of a pack have the same replicate, rung and pack key. */
function formPacks({ spec, trainer, trials, threads }: TrialVerification): TrialRecord[][] {
  const share = Math.max(1, Math.ceil(trials.length / threads));
  const packKey = (trial: TrialRecord): string => {
    const { id, params } = trial;
    return `${id.replicate} ${rungOf(trial) ?? ''} ${trainer.packKey(params)}`;
  };
  return [...Map.groupBy(trials, packKey).values()].flatMap((alike) => {
    const size = Math.min(
      share,
      ...alike.map(({ params }) => trainer.packSize(trialSettings(spec.trainer, params))),
    );
    const count = Math.ceil(alike.length / size);
    return Array.from({ length: count }, (_, i) => alike.slice(i * size, (i + 1) * size));
  });
}
