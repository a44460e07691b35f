/**
 * Planned cost: the steps of a study before it starts. What `stop: clearly_worse` saves depends on the trials; the
 * expected share is measured (docs/decisions/0069-stop-what-is-clearly-worse-at-a-rung.md).
 */
import { configurationCount, stopRule, type StudySpec } from '../../study/spec/study-spec.ts';

export interface PlannedCost {
  /** If no trial is stopped, and every replicate of a race is trained; at most the budget. */
  readonly most: number;
  /** Expected with `stop`; null if it stops nothing, or nothing was measured for this number of rungs. */
  readonly expected: { readonly low: number; readonly high: number } | null;
}

/** Shares of the steps that were trained with this number of rungs: of four stages of 12 and 30 trials on CIFAR-10. */
const measuredShares: Readonly<Record<number, { readonly low: number; readonly high: number }>> = {
  2: { low: 52 / 60, high: 54 / 60 },
  4: { low: 25 / 48, high: 81 / 120 },
};

/** @param rungs of a trial with the settings of the study */
export function plannedCost(spec: StudySpec, rungs: readonly number[]): PlannedCost {
  const steps = rungs.at(-1) ?? 0;
  const limit = spec.budget?.steps ?? Infinity;
  const share = measuredShares[rungs.length];
  const stages = spec.stages.map((stage) => {
    const all = configurationCount(stage) * spec.replicates * steps;
    return { all, stops: stopRule(spec, stage) !== 'never' };
  });
  const most = Math.min(
    limit,
    stages.reduce((sum, { all }) => sum + all, 0),
  );
  const isKnown = share !== undefined && spec.replicates === 1 && stages.some(({ stops }) => stops);
  if (!isKnown) return { most, expected: null };
  const sumOf = (part: number): number =>
    Math.min(
      limit,
      Math.round(stages.reduce((sum, { all, stops }) => sum + all * (stops ? part : 1), 0)),
    );
  return { most, expected: { low: sumOf(share.low), high: sumOf(share.high) } };
}
