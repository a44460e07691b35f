/**
 * Grid search: a stage's trials are all combinations of the levels of its hyperparameters (`study/grid.ts`).
 *
 * They are in the order of the levels; those of the last name change first. Another number of trials gives
 * other levels, so a grid cannot be extended.
 */
import { gridLevels } from '../../study/grid.ts';
import type { Params, SearchSpace } from '../../study/search-space.ts';

/** @param trials the number of combinations (`study/spec/sampler-rules.ts`) */
export function gridPoints(space: SearchSpace, trials: number): Params[] {
  let points: Params[] = [{}];
  for (const { name, values } of gridLevels(space, trials))
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  return points;
}
