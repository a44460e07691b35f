/**
 * Reuse: a trial takes the result of a trial of another study with the same identity (`trial-identity.ts`)
 * instead of being trained. It is the same result, so the study decides as it would have decided; only work
 * is saved. The result keeps the verdict of its source; the winner is trained again in any case.
 *
 * Results that decide nothing wrong may still be wrong: a study that audits takes only results that were
 * audited (`shell/reusable-results.ts`).
 */
import { trialIdentity } from '../../../study/trial-identity.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import type { KnownResult } from '../state/known-results.ts';
import { stageFor, updateTrial } from '../state/study-entry.ts';
import { toStepOf, trialRecord, type TrialEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { updateBest } from './best-configuration.ts';
import { totalSteps } from './result-rules.ts';
import { rungRow } from './rung-row.ts';
import { trimResult } from './trim-result.ts';

/** Completes those of the trials that wait and whose result is known. */
export function reuseResults(turn: Turn, study: StudyEntry, trials: readonly TrialEntry[]): void {
  if (study.known === null) return;
  let count = 0;
  for (const trial of trials) {
    const known = trial.status === 'waiting' ? knownResult(study, trial) : undefined;
    if (known === undefined) continue;
    takeResult(turn, study, trial, known);
    count += 1;
  }
  if (count > 0) turn.log('results-reused', `${count} results of other studies`, study.name);
}

/** The result at the step to which the trial is to be trained. */
function knownResult(study: StudyEntry, trial: TrialEntry): KnownResult | undefined {
  const { known, spec } = study;
  if (known === null) return undefined;
  const identity = trialIdentity(known.ofStudy, spec, trial.id, trial.params);
  const step = toStepOf(trial) ?? totalSteps(study, trial);
  return known.byTrial.get(identity)?.find(({ result }) => {
    // A loss that was not finite at an earlier step ends every training of the trial there.
    if (result.kind === 'diverged') return result.steps <= step;
    const value = result.curve.at(-1)?.metrics[spec.objective.metric];
    return result.steps === step && Number.isFinite(value);
  });
}

function takeResult(
  turn: Turn,
  study: StudyEntry,
  trial: TrialEntry,
  { worker, fingerprint, audit, source, result: known }: KnownResult,
): void {
  // No time was spent on it here.
  const result = { ...known, seconds: 0 };
  const stage = stageFor(study, trial);
  updateTrial(study, trial, { kind: 'completed', worker, fingerprint, result, source });
  stage.audits = null;
  const own = { study: study.name, trial: trial.id };
  turn.persist({
    kind: 'trial-ended',
    ...own,
    worker,
    result,
    fingerprint,
    source,
    ...rungRow(trial),
  });
  trial.audit = audit;
  if (audit !== null) turn.persist({ kind: 'trial-audited', ...own, verdict: audit });
  trimResult(study, stage, trial);
  updateBest(study, trial);
  if (trial.status !== 'paused')
    turn.notify({ kind: 'trial-ended', study: study.name, trial: trialRecord(trial) });
}
