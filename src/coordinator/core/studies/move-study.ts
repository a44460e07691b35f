/** Moved data: a study whose files of equal records are at another path now. */
import type { StudySpec } from '../../../study/spec/study-spec.ts';
import type { StudyEntry } from '../state/cluster-state.ts';
import type { Turn } from '../state/turn.ts';

/** @param spec equal to the study's, except for the place of the data (`hasMoved` in `compare-specs.ts`) */
export function moveStudy(turn: Turn, study: StudyEntry, spec: StudySpec): void {
  study.spec = spec;
  turn.persist({
    kind: 'study-extended',
    spec,
    stages: study.stages.map((stage) => stage.record),
  });
}
