/** Planned study: a study in memory as planners read it. */
import type { PlannedStudy } from '../../../search/planning/planner.ts';
import { stepLimit } from '../../../study/budget.ts';
import { rungsOf } from '../results/result-rules.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import { trialRecord } from '../state/trial-state.ts';

/** The trials of a stage are copied only if they are read. */
export function toPlanned(study: StudyEntry): PlannedStudy {
  const { spec, data, stages } = study;
  return {
    spec,
    validationCount: data.validationCount,
    rungs: (params) => rungsOf(study, params),
    ...stepLimit(spec.budget, study.budgetEnd),
    stages: stages.map(({ record, trials }) => ({
      record,
      get trials() {
        return trials.map(trialRecord);
      },
    })),
  };
}
