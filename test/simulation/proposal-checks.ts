/** Rules for the values of new trials: they follow from the file and from the results that they may use. */
import { assert } from '../../src/base/assert.ts';
import { modelRounds } from '../../src/search/planning/model-rounds.ts';
import { sampleTrials } from '../../src/search/samplers/sample-trials.ts';
import { paramsText, type Params } from '../../src/study/search-space.ts';
import type { StageSpec } from '../../src/study/spec/study-spec.ts';
import { trialName, waitingTrial, type TrialId } from '../../src/study/trial.ts';
import type { ModelStudy, ModelTrial } from './model-store.ts';
import { validationImages } from './simulated-results.ts';

/** Trials with which the model begins if it has one hyperparameter. */
const modelStart = 8;

/** @param study before the trial is created */
export function checkValues(study: ModelStudy, id: TrialId, params: Params): void {
  const { spec, stages } = study.record;
  const setting = spec.stages.find(({ name }) => name === id.stage);
  const record = stages.find(({ name }) => name === id.stage);
  assert(setting && record?.space, `stage ${id.stage} is open`);
  const own = [...study.trials.values()].filter((trial) => trial.id.stage === id.stage);
  const first = own.find((trial) => trial.id.index === id.index);
  const used = first === undefined ? usedResults(spec.stages, setting, id.index) : null;
  const expected =
    first?.params ??
    (used === null
      ? sampleTrials(spec, setting, record.space).find((trial) => trial.id.index === id.index)
          ?.params
      : proposal(study, own, id, used));
  const name = trialName(id);
  assert(expected !== undefined, `${name} is planned`);
  assert(
    paramsText(params) === paramsText(expected),
    `${name} has ${paramsText(params)}, and ${paramsText(expected)} follows from the results that it may use`,
  );
}

/** Number of trials whose results the trial at `index` may use; null if it needs none. */
function usedResults(
  stages: readonly StageSpec[],
  { sampler, after, lag, round = 1 }: StageSpec,
  index: number,
): number | null {
  if (sampler !== 'model') return null;
  const known = stages.find(({ name }) => name === after)?.trials ?? 0;
  const start = known > 0 ? Math.max(0, modelStart - known) : Math.max(modelStart, lag ?? 0);
  if (index <= start) return null;
  if (lag !== undefined) return Math.max(0, index - lag);
  return index - 1 - ((index - 1 - start) % round);
}

/** What the planner plans if it does not know any other result. */
function proposal(
  { record, trials }: ModelStudy,
  own: readonly ModelTrial[],
  id: TrialId,
  used: number,
): Params | undefined {
  const { spec, stages } = record;
  const replicates = spec.racing ? 1 : spec.replicates;
  const planned = own.filter((trial) => trial.id.replicate <= replicates);
  const usable = planned.filter((trial) => trial.id.index <= used);
  const haveEnded = usable.every(({ status }) => status !== 'waiting' && status !== 'running');
  assert(
    usable.length >= used * (spec.stop === undefined ? replicates : 1) && haveEnded,
    `${trialName(id)} is planned after the trials whose results it uses`,
  );
  const known = planned
    .filter((trial) => trial.id.index < id.index)
    .map((trial) => (trial.id.index <= used ? trial : waitingTrial(trial.id, trial.params)));
  const study = {
    spec,
    validationCount: validationImages,
    rungs: () => [],
    stages: stages.map((stage) => ({
      record: stage,
      trials: [...trials.values()].filter((trial) => trial.id.stage === stage.name),
    })),
  };
  const stage = stages.find(({ name }) => name === id.stage);
  assert(stage, `stage ${id.stage} is stored`);
  const round = modelRounds.nextRound(study, stage, known);
  return round?.trials.find((trial) => trial.id.index === id.index)?.params;
}
