/** Study outcome: the exit code of a study that has ended, and the error that says why it failed. */
import { RidgelineError } from '../../base/errors.ts';
import { smallerValues } from '../../report/results/divergence.ts';
import { countText } from '../../report/text/number-format.ts';
import type { Params } from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
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
  { spec, status, reason }: StudyRecord,
  trials: readonly TrialRecord[],
): RidgelineError | null {
  if (status !== 'failed' && status !== 'cancelled') return null;
  const [verb, fix] =
    status === 'failed'
      ? ['failed', failureFix(spec, trials)]
      : ['was cancelled', 'Run it again with --retry to take it up again, or with --fresh'];
  return new RidgelineError(
    'STUDY_FAILED',
    `Study ${spec.study} ${verb}${reason === null ? '' : `: ${reason}`}.`,
    `${fix}.`,
  );
}

function failureFix(spec: StudySpec, trials: readonly TrialRecord[]): string {
  const diverged = trials.filter(
    ({ status, result }) => status === 'failed' && result?.kind === 'diverged',
  );
  const completed = trials.filter(({ status }) => status === 'complete');
  const lost = trials.filter(({ status }) => status === 'failed').length - diverged.length;
  const smaller =
    diverged.length === 0
      ? []
      : smallerValues(spec, diverged.map(toParams), completed.map(toParams));
  return diverged.length >= lost && diverged.length > 0
    ? `${countText(diverged.length, 'trial')} diverged: ${['lower the learning rate', ...smaller].join(', or ')} in the study file, and run it again with --fresh`
    : `Read why trials failed with \`ridgeline results ${spec.study} --where 'status = failed' --columns trial,reason\`, then run it again with --retry`;
}

function toParams({ params }: TrialRecord): Params {
  return params;
}
