/** Trimmed results: what the dispatcher keeps in memory of the result of a trial. */
import { noCorrectness, type RungProgress } from '../../../study/trial.ts';
import type { StageEntry, StudyEntry } from '../state/cluster-state.ts';
import { hasSuccessor } from '../state/study-entry.ts';
import type { TrialEntry } from '../state/trial-state.ts';

/**
 * Packs a result, without the curve and the validation bits, which only the store needs: so a million
 * trials fit in memory. A race needs the bits until a later stage has opened: until then its stage may gain
 * trials, or be opened again for some.
 */
export function trimResult(study: StudyEntry, stage: StageEntry, trial: TrialEntry): void {
  const { result } = trial;
  if (result === null) return;
  // bug: extended-race-loses-bits
  const isDecided = hasSuccessor(study, stage);
  // bug: race-loses-bits
  const isRacing = study.spec.racing && !isDecided;
  if (trial.rungs !== null) trial.rungs = packedRungs(study, trial.rungs);
  trial.result =
    result.kind === 'complete'
      ? study.results.pack(result, isRacing ? result.validationCorrect : noCorrectness)
      : { ...result, curve: [] };
}

/** Rungs are compared as long as the study is in memory, so their bits stay. */
function packedRungs({ results: packed }: StudyEntry, rungs: RungProgress): RungProgress {
  const results = rungs.results.map((rung) => {
    const { result } = rung;
    return { ...rung, result: packed.pack(result, result.validationCorrect) };
  });
  return { ...rungs, results };
}
