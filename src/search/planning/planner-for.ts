/** Planner choice: selects the planner of a study by its settings. */
import { hasStopping, type StudySpec } from '../../study/spec/study-spec.ts';
import { budgeted } from './budgeted.ts';
import { narrowing } from './narrowing.ts';
import type { Planner } from './planner.ts';
import { racing } from './racing.ts';
import { sampled } from './sampled.ts';
import { stopping } from './stopping.ts';

export function plannerFor(spec: Pick<StudySpec, 'racing' | 'stop' | 'stages'>): Planner {
  const rounds = budgeted(spec.racing ? racing(sampled) : sampled);
  return narrowing(hasStopping(spec) ? budgeted(stopping(rounds)) : rounds);
}
