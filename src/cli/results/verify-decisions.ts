/**
 * Decision verification: makes the choices of a stored study again from its results, without training.
 *
 * The results themselves are compared with the fingerprints that were stored with them.
 */
import { decisionsJson, decisionsTable } from '../../report/terminal/decisions-text.ts';
import { replayDecisions } from '../../search/planning/replay.ts';
import type { DecisionDifference } from '../../search/planning/replay-stage.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import type { StoreReads } from '../../store/store.ts';
import { resultFingerprint } from '../../study/result-fingerprint.ts';
import { studyChanges } from '../../study/study-changes.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { TrainerDescription } from '../../study/trainer-description.ts';
import { trialSettings } from '../../study/trial-settings.ts';
import { trialName, type TrialRecord, type TrialResult } from '../../study/trial.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { printResult } from '../process/terminal.ts';
import { studyAndTrials } from './stored-study.ts';

/** @returns the exit code: 3 if a stored choice or result differs */
export async function verifyDecisions(name: string, context: Context): Promise<number> {
  await using reader = await openStoreReader(stateDirectory(context));
  const stored = await reader.snapshot((reads) => readDecisions(reads, name));
  const { study, trials, trainer } = stored;
  const replay = replayDecisions({
    ...stored,
    validationCount: validationCount(study, trainer),
    rungs: (params) =>
      trainer.rungs(trialSettings(study.spec.trainer, params), study.imageCounts?.train ?? 0),
  });
  const changed = trials.flatMap((trial) => changedResults(trial, study, trainer));
  const differences = [...changed, ...replay.differences];
  printResult(context, { study: name, ...replay, differences }, decisionsJson, decisionsTable);
  return differences.length > 0 ? exitCode.partly : exitCode.done;
}

async function readDecisions(reads: StoreReads, name: string) {
  const found = await studyAndTrials(reads, name, { curves: true });
  const ranks = await reads.ranks(name);
  const log = (await reads.events(Number.MAX_SAFE_INTEGER)).filter(({ study }) => study === name);
  const isRetried = log.some(({ what }) => what === 'trials-retried');
  const changes = studyChanges(log, isRetried ? await reads.attempts(name) : []);
  return { ...found, ranks, changes };
}

/** Null for a study of release 0.1.0 that draws no counted validation split. */
function validationCount(
  { spec, imageCounts }: StudyRecord,
  trainer: TrainerDescription,
): number | null {
  if (spec.dataset === undefined) return trainer.validationRecords?.(spec.trainer) ?? 0;
  return imageCounts?.validation ?? null;
}

/** Results of a trial whose numbers do not have the fingerprint that was stored with them. */
function changedResults(
  { id, result, fingerprint, rungs }: TrialRecord,
  { spec }: StudyRecord,
  { metrics }: TrainerDescription,
): DecisionDifference[] {
  const withTest = spec.test === 'all';
  const isChanged = (found: TrialResult, stored: string): boolean =>
    resultFingerprint(found, metrics, withTest) !== stored;
  const all = [
    ...(result === null || fingerprint === null ? [] : [{ result, fingerprint }]),
    ...(rungs?.results ?? []).filter((rung) => rung.result.steps !== result?.steps),
  ];
  return all
    .filter((one) => isChanged(one.result, one.fingerprint))
    .map((one) => ({
      kind: 'result',
      where: trialName(id),
      stored: `at step ${one.result.steps}, with fingerprint ${one.fingerprint.slice(0, 8)}`,
      replayed: `fingerprint ${resultFingerprint(one.result, metrics, withTest).slice(0, 8)}`,
    }));
}
