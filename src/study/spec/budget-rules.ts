/** Budget rules: what the budget of a study must satisfy, alone and together with the length of a trial. */
import { durationMs } from '../../base/duration.ts';
import { RidgelineError } from '../../base/errors.ts';
import type { TrainerDescription } from '../trainer-description.ts';
import type { PartialStudy, Rules } from './rule-types.ts';
import type { StudySpec } from './study-spec.ts';

export function budgetRules(
  { budget, objective }: PartialStudy,
  { metrics }: Pick<TrainerDescription, 'metrics'>,
  { isGiven, report }: Rules,
): void {
  if (budget === undefined) return;
  const keys = ['steps', 'time', 'target'] as const;
  if (!keys.some((key) => isGiven(['budget', key])))
    report(['budget'], 'needs steps, time or target, such as { steps: 60000 } or { time: 2h }');
  if (budget.time !== undefined && durationMs(budget.time) === 0)
    report(['budget', 'time'], 'must be longer than 0 s');
  const { target } = budget;
  const metric = metrics.find(({ name }) => name === objective?.metric);
  if (target === undefined || metric === undefined) return;
  const { name, unit } = metric;
  if (unit === 'share' && (target < 0 || target > 1)) {
    const percent = target > 1 && target <= 100 ? `. Write ${target / 100} for ${target} %` : '';
    report(['budget', 'target'], `must be from 0 to 1, as ${name} is, got ${target}${percent}`);
  }
  if (unit === 'nats' && target < 0)
    report(['budget', 'target'], `must be 0 or more, as ${name} is, got ${target}`);
}

/**
 * @param trainRecords null without a data set
 * @throws RidgelineError STUDY_INVALID if the budget of steps is smaller than one trial
 */
export function requireBudget(
  { study, budget, trainer }: StudySpec,
  { rungs }: Pick<TrainerDescription, 'rungs'>,
  trainRecords: number | null,
): void {
  const { steps } = budget ?? {};
  const trial = rungs(trainer, trainRecords ?? 0).at(-1) ?? 0;
  if (steps === undefined || steps >= trial) return;
  throw new RidgelineError(
    'STUDY_INVALID',
    `Study ${study} has budget: { steps: ${steps} }, but one trial takes ${trial} steps.`,
    `Set budget.steps to ${trial} or more, or make trials shorter.`,
  );
}
