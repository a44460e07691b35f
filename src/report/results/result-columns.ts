/** Which column holds the value that ranks: one that is there anyway, or one of its own. */
import type { Objective, ObjectiveMetric } from '../../study/spec/study-spec.ts';

const ordinary: ReadonlySet<ObjectiveMetric> = new Set([
  'validation_accuracy',
  'validation_loss',
  'train_accuracy',
]);

/** The name of the objective's own column, where the ordinary ones do not show it; null otherwise. */
export function extraColumn({ metric }: Objective): ObjectiveMetric | null {
  return ordinary.has(metric) ? null : metric;
}
