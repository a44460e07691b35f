/** Rules for budgets, computed from the stored trials without the planner. */
import { assert } from '../../src/base/assert.ts';
import { objectiveValues } from '../../src/search/ranking/configurations.ts';
import { stopRule } from '../../src/study/spec/study-spec.ts';
import type { BudgetEnd } from '../../src/study/budget.ts';
import { knownIndexBase, trialName } from '../../src/study/trial.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';
import { rungTrainer, simulatedTrainer } from './simulated-results.ts';

/** The steps to which the trials are planned. */
function stepsPlanned({ record, trials }: ModelStudy): number {
  const last = 20 * Number(record.spec.trainer['cycles']);
  assert(
    [simulatedTrainer, rungTrainer].some(({ cycles }) => 20 * cycles === last),
    'known trainer',
  );
  const planned = [...trials.values()].filter(({ status }) => status !== 'cancelled');
  return planned.reduce((sum, { rungs }) => sum + (rungs?.toStep ?? last), 0);
}

/** A trial was created, or has left its rung. */
export function checkWithinBudget(study: ModelStudy): void {
  const { budgetEnd, spec } = study.record;
  const most = budgetEnd?.steps ?? spec.budget?.steps ?? Infinity;
  const planned = stepsPlanned(study);
  assert(planned <= most, `${planned} steps are planned, and the budget has ${most}`);
}

/** The trials beyond the end were dropped before. */
export function checkBudgetEnd(study: ModelStudy, end: BudgetEnd): void {
  const { budget } = study.record.spec;
  const value = budget?.[end.by];
  assert(value !== undefined, `the study has a budget of ${end.by}`);
  if (end.by === 'steps') return assert(end.steps === value, 'the budget of steps is stored');
  const planned = stepsPlanned(study);
  assert(planned === end.steps, `${end.steps} steps are stored, ${planned} are planned`);
  const counted = [...study.trials.values()].filter(({ status }) => status !== 'cancelled');
  for (const { id, status } of counted)
    assert(
      status !== 'waiting' && status !== 'running',
      `${trialName(id)} has ended when the budget ends`,
    );
  checkPrefix(study);
  if (end.by === 'target') checkTarget(study, counted, Number(value));
}

/** The configurations of a stage that count come before those that were dropped. */
function checkPrefix({ trials }: ModelStudy): void {
  for (const [stage, members] of Map.groupBy(trials.values(), ({ id }) => id.stage)) {
    const firsts = members.filter(({ id }) => id.replicate === 1);
    const place = ({ id: { index } }: ModelTrial): number =>
      index > knownIndexBase ? index - 2 * knownIndexBase : index;
    const sorted = firsts.toSorted((a, b) => place(a) - place(b));
    const end = sorted.findIndex(({ status }) => status === 'cancelled');
    const rest = end === -1 ? [] : sorted.slice(end);
    assert(
      rest.every(({ status }) => status === 'cancelled'),
      `the trials of ${stage} that count are its first ones`,
    );
  }
}

/** A configuration reaches the target; where each is checked in order, the last one and no other of its stage. */
function checkTarget({ record }: ModelStudy, counted: readonly ModelTrial[], target: number): void {
  const { spec, stages } = record;
  const { direction } = spec.objective;
  const isReached = (members: readonly ModelTrial[]): boolean => {
    const values = objectiveValues(members, spec.objective);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return (
      values.length === members.length &&
      (direction === 'maximize' ? mean >= target : mean <= target)
    );
  };
  const of = (stage: string) =>
    [
      ...Map.groupBy(
        counted.filter(({ id }) => id.stage === stage),
        ({ id }) => id.index,
      ),
    ]
      .toSorted(([a], [b]) => a - b)
      .map(([, members]) => members);
  assert(
    stages.some(({ name }) => of(name).some(isReached)),
    `a configuration reaches the target ${target}`,
  );
  const last = stages.findLast(({ space }) => space !== null);
  const setting = spec.stages.find(({ name }) => name === last?.name);
  if (last === undefined || setting === undefined) return;
  if (spec.racing || spec.audit !== undefined || stopRule(spec, setting) !== 'never') return;
  const reached = of(last.name).map(isReached);
  assert(
    reached.indexOf(true) === reached.length - 1,
    `the first configuration of ${last.name} that reaches the target is the last one that counts`,
  );
}
