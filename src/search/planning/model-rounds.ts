/**
 * Model planner: proposes trials from the results of earlier ones, in rounds or with a fixed lag.
 *
 *     rounds   1 … start | start + 1 … start + round | …: the trials of a round are proposed when all trials
 *              before it have ended, from all their results
 *     lag      trial k is proposed when the trials 1 … k − lag have ended, from their results; results of
 *              later trials are not used even if they exist
 *
 * The start is sampled evenly (`samplers/spread.ts`); the known configurations of the study file belong to it.
 * Which results a proposal uses follows from its index, so it does not depend on the number of workers or
 * the order of results. Trials whose results are not used count as bad, so that the proposals of one round
 * differ.
 *
 * Good configurations are the best tenth, at least two. A configuration without a value, because it failed,
 * diverged or was stopped, is bad. In a race the model reads replicate 1 only, since the others depend on later trials.
 */
import { assert } from '../../base/assert.ts';
import type { Params, SearchSpace } from '../../study/search-space.ts';
import { modelStart } from '../../study/spec/sampler-keys.ts';
import { configurationCount, type StageSpec, type StudySpec } from '../../study/spec/study-spec.ts';
import { knownIndexBase, trialName, type TrialId, type TrialRecord } from '../../study/trial.ts';
import { rankConfigurations } from '../ranking/ranking.ts';
import { proposeParams } from '../samplers/model.ts';
import {
  plannedReplicates,
  replicated,
  sampleConfigurations,
  type Configuration,
} from '../samplers/sample-trials.ts';
import { hasEnded, oneShot, stageSpec } from './one-shot.ts';
import type { PlannedStudy, Planner } from './planner.ts';

/** One configuration of this many is good. */
const goodOneOf = 10;
const goodMin = 2;

export const modelRounds: Planner = {
  openStage: (study, stage) => oneShot.openStage(study, stage),

  plansAhead: (spec, stage) => stageSpec(spec, stage).lag !== undefined,

  nextRound(study, stage, trials) {
    const { spec } = study;
    const setting = stageSpec(spec, stage.name);
    const { space } = stage;
    assert(space, () => `stage ${stage.name} has a search space`);
    const first = sampleConfigurations(spec.seed, stageStart(spec, setting), space);
    const plan = { study, setting, space, start: startCount(spec, setting), first };
    const done = toProgress(trials, plannedReplicates(spec));
    const isNew = ({ index }: Configuration): boolean => !done.has(index);
    const next = first.some(isNew) ? { configurations: first, reason: null } : propose(plan, done);
    if (next.configurations.length > 0)
      return { trials: replicated(spec, stage.name, next.configurations), reason: next.reason };
    const open = trials.filter((trial) => !hasEnded(trial));
    return open.length === 0 ? null : { trials: open, reason: null };
  },
};

interface Plan {
  readonly study: PlannedStudy;
  readonly setting: StageSpec;
  readonly space: SearchSpace;
  /** Index of the last trial that is not proposed. */
  readonly start: number;
  /** The configurations with which the stage begins. */
  readonly first: readonly Configuration[];
}

/** A configuration whose trials exist. */
interface Progress {
  readonly params: Params;
  readonly trials: readonly TrialRecord[];
  readonly hasEnded: boolean;
}

/** The part of a stage that needs no results: all of it, except for `sampler: model`. */
export function stageStart(spec: Pick<StudySpec, 'stages'>, stage: StageSpec): StageSpec {
  if (stage.sampler !== 'model') return stage;
  return { ...stage, trials: Math.min(startCount(spec, stage), stage.trials) };
}

function startCount(spec: Pick<StudySpec, 'stages'>, { search, after, lag }: StageSpec): number {
  const known = after === undefined ? 0 : configurationCount(stageSpec(spec, after));
  return modelStart({ parameters: Object.keys(search).length, known, lag });
}

/** By index. */
function toProgress(
  trials: readonly TrialRecord[],
  replicates: number,
): ReadonlyMap<number, Progress> {
  const planned = trials.filter(({ id }) => id.replicate <= replicates);
  const byIndex = Map.groupBy(planned, ({ id }) => id.index);
  return new Map(
    [...byIndex].map(([index, members]) => {
      const [{ params } = { params: {} }] = members;
      // With `stop`, only complete configurations get other replicates.
      const isAlone = members.some(({ id, status }) => id.replicate === 1 && status !== 'complete');
      const isWhole = (isAlone || members.length === replicates) && members.every(hasEnded);
      return [index, { params, trials: members, hasEnded: isWhole }];
    }),
  );
}

interface Proposals {
  readonly configurations: readonly Configuration[];
  /** From what they were proposed; null with a lag, where each trial has its own results. */
  readonly reason: string | null;
}

/** The next proposals, as far as the results that they use exist. */
function propose(plan: Plan, done: ReadonlyMap<number, Progress>): Proposals {
  const { setting, study, space, start, first } = plan;
  const given = first.flatMap(({ index }) => (index > knownIndexBase ? [index] : []));
  const paramsAt = new Map([...done].map(([index, { params }]) => [index, params]));
  const configurations: Configuration[] = [];
  let ended = 0;
  let evidence: Evidence | null = null;
  for (let index = start + 1; index <= setting.trials; index++) {
    if (paramsAt.has(index)) continue;
    const used = usedResults(setting, start, index);
    while (ended < used && done.get(ended + 1)?.hasEnded === true) ended += 1;
    // bug: model-proposes-without-results
    if (ended < used || !given.every((one) => done.get(one)?.hasEnded === true)) break;
    // bug: model-reads-later-results
    if (evidence?.used !== used) evidence = collectEvidence(plan, done, given, used);
    const { good, bad } = evidence;
    const unknown = range(used + 1, index).map((one) => paramsAt.get(one) ?? {});
    const slot = { seed: study.spec.seed, stage: setting.name, index };
    const params = proposeParams(slot, space, { good, bad: [...bad, ...unknown] });
    paramsAt.set(index, params);
    configurations.push({ index, params });
  }
  if (evidence === null || setting.lag !== undefined) return { configurations, reason: null };
  return { configurations, reason: toReason(configurations.length, evidence) };
}

/** The number of trials, from the first one, whose results decide the trial at `index`. */
function usedResults({ lag, round = 1 }: StageSpec, start: number, index: number): number {
  if (lag !== undefined) return Math.max(0, index - lag);
  return start + Math.floor((index - 1 - start) / round) * round;
}

/** The last trial before the round in which a trial is planned; 0 for samplers that plan all at once. */
export function roundStart(spec: Pick<StudySpec, 'stages'>, { stage, index }: TrialId): number {
  const setting = stageSpec(spec, stage);
  const start = setting.sampler === 'model' ? startCount(spec, setting) : Infinity;
  return index <= start || index > knownIndexBase ? 0 : usedResults(setting, start, index);
}

interface Evidence {
  /** Number of trials of the stage whose results are used. */
  readonly used: number;
  readonly good: readonly Params[];
  readonly bad: readonly Params[];
  /** Name of the best configuration; null if none has a value. */
  readonly best: string | null;
}

/** @param given indices of the known configurations */
function collectEvidence(
  { study, setting }: Plan,
  done: ReadonlyMap<number, Progress>,
  given: readonly number[],
  used: number,
): Evidence {
  const { spec, stages } = study;
  const before = stages.find(({ record }) => record.name === setting.after)?.trials ?? [];
  const replicates = plannedReplicates(spec);
  const own = [...given, ...range(1, used + 1)].flatMap((index) => done.get(index)?.trials ?? []);
  const read = [...before.filter(({ id }) => id.replicate <= replicates), ...own];
  const order = stages.map(({ record }) => record.name);
  const ranked = rankConfigurations(read, spec.objective, order, { equal: 'sampled' });
  const valued = ranked.filter(({ value }) => value !== null).length;
  const count = Math.min(valued, Math.max(goodMin, Math.ceil(ranked.length / goodOneOf)));
  const params = ranked.map(({ trial }) => trial.params);
  const [best] = valued === 0 ? [] : ranked;
  return {
    used,
    good: params.slice(0, count),
    bad: params.slice(count),
    best: best === undefined ? null : trialName(best.trial.id),
  };
}

function toReason(count: number, { good, bad, best }: Evidence): string {
  const all = good.length + bad.length;
  const near = best === null ? '' : ` near the best ${good.length} (best: ${best})`;
  return `${count} configurations proposed from ${all} results${near}`;
}

/** The whole numbers from `first` to `end` − 1. */
function range(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, place) => first + place);
}
