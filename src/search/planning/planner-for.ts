/** Planner choice: selects the planner of a study by its settings. */
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { narrowing } from './narrowing.ts';
import type { Planner } from './planner.ts';
import { racing } from './racing.ts';
import { sampled } from './sampled.ts';

export function plannerFor(spec: Pick<StudySpec, 'racing'>): Planner {
  return narrowing(spec.racing ? racing(sampled) : sampled);
}
