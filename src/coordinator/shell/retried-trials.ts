/** Retried trials: which trials of a study a request to retry means, and the errors of such requests. */
import { didYouMean } from '../../base/did-you-mean.ts';
import { RidgelineError } from '../../base/errors.ts';
import { parseTrialName } from '../../study/trial.ts';
import type { StudyEntry } from '../core/state/cluster-state.ts';
import { mayBeRetried, type TrialEntry } from '../core/state/trial-state.ts';

/**
 * @param names null: all trials that ended without a result
 * @throws RidgelineError TRIAL_UNKNOWN; STUDY_FAILED if a trial, or the whole study, has nothing to retry
 */
export function retriedTrials(study: StudyEntry, names: readonly string[] | null): TrialEntry[] {
  if (names !== null) return names.map((name) => retriedTrial(study, name));
  const retried = [...study.trials.values()].filter(mayBeRetried);
  // A cancelled study is resumed even if all of its trials have results.
  if (retried.length > 0 || study.status === 'cancelled' || hasUntestedWinner(study))
    return retried;
  throw new RidgelineError(
    'STUDY_FAILED',
    `No trial of ${study.name} ended without a result, so there is nothing to retry. Diverged trials have a result.`,
    'Submit its file with more trials in the last stage, or with another stage, to extend the study.',
  );
}

/** Whether the test of the winner has ended without a result: the winner is tested again. */
function hasUntestedWinner({ status, winner, data }: StudyEntry): boolean {
  return status === 'complete' && data.test !== null && winner?.reproduced !== true;
}

function retriedTrial({ name: study, trials }: StudyEntry, name: string): TrialEntry {
  const id = parseTrialName(name);
  const trial = id === null ? undefined : trials.get(id);
  if (trial === undefined)
    throw new RidgelineError(
      'TRIAL_UNKNOWN',
      `There is no trial ${JSON.stringify(name)} in ${study}.${didYouMean(
        name,
        trials.values().map((known) => known.name),
      )}`,
      `\`ridgeline results ${study} --all-stages\` lists the trials.`,
    );
  if (mayBeRetried(trial)) return trial;
  const { status, result } = trial;
  const state = result?.kind === 'diverged' ? 'diverged, which is its result' : `is ${status}`;
  throw new RidgelineError(
    'STUDY_FAILED',
    `Trial ${name} of ${study} ${state}, so it is not tried again.`,
    `Without a trial, \`ridgeline retry ${study}\` retries all that ended without a result.`,
  );
}
