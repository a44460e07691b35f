/** Study outcome: the exit code of a study that has ended, and the error that says why it failed. */
import { RidgelineError } from '../../base/errors.ts';
import { countText } from '../../report/text/number-format.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import { exitCode } from '../process/exit-codes.ts';

/** 0; 1 if the study failed or was cancelled; 3 if trials failed permanently or results are disputed. */
export function outcomeCode(
  study: StudyRecord,
  trials: readonly TrialRecord[],
  attempts: readonly AttemptRecord[],
): number {
  if (study.status === 'failed' || study.status === 'cancelled') return exitCode.failed;
  const failed = trials.some((trial) => trial.status === 'failed' && trial.result === null);
  // A dispute is settled when a majority of workers agrees on one result.
  const verified = new Set(
    trials.filter(({ audit }) => audit === 'verified').map(({ id }) => trialName(id)),
  );
  const disputed =
    trials.some(({ audit }) => audit === 'disputed') ||
    attempts.some(
      ({ outcome, trial }) => outcome === 'disputed' && !verified.has(trialName(trial)),
    ) ||
    study.winner?.reproduced === false;
  return failed || disputed ? exitCode.partly : exitCode.done;
}

/** Why a study failed or was cancelled, and what to do; null for any other study. */
export function studyFailure(
  { spec: { study }, status, reason }: StudyRecord,
  trials: readonly TrialRecord[],
): RidgelineError | null {
  if (status !== 'failed' && status !== 'cancelled') return null;
  const [verb, again] =
    status === 'failed' ? ['failed', failureFix(study, trials)] : ['was cancelled', 'Run it again'];
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${study} ${verb}${reason === null ? '' : `: ${reason}`}.`,
    `${again} with --fresh.`,
  );
}

function failureFix(study: string, trials: readonly TrialRecord[]): string {
  const isDiverged = ({ status, result }: TrialRecord): boolean =>
    status === 'failed' && result?.kind === 'diverged';
  const diverged = trials.filter(isDiverged).length;
  const lost = trials.filter(({ status }) => status === 'failed').length - diverged;
  return diverged >= lost && diverged > 0
    ? `${countText(diverged, 'trial')} diverged: lower the learning rate or the largest λ in the study file, and run it again`
    : `Read why trials failed with \`ridgeline results ${study} --where 'status = failed' --columns trial,reason\`, then run it again`;
}
