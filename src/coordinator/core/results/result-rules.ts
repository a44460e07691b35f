/** Result rules of a study: what every result of it must satisfy (`study/result-problem.ts`). */
import { mayExceedMessage } from '../../../rpc/messages/curve-codec.ts';
import { resultProblem, type ResultRules } from '../../../study/result-problem.ts';
import type { Params } from '../../../study/search-space.ts';
import type { CountedSelection } from '../../../study/spec/study-spec.ts';
import { trialSettings } from '../../../study/trial-settings.ts';
import type { TrialResult } from '../../../study/trial.ts';
import type { PackEntry, StudyEntry } from '../state/cluster-state.ts';
import type { TrialEntry, AttemptEntry } from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';

type CommonRules = Pick<
  ResultRules,
  'metrics' | 'schedule' | 'measuresAnyStep' | 'isThinned' | 'validationCount'
> & {
  /** Number of records in the training split. */
  readonly records: number;
};

/** By study and pack key: the same for all trials that may share a pack. */
const known = new WeakMap<StudyEntry, Map<string, CommonRules>>();

function commonRules(study: StudyEntry, params: Params): CommonRules {
  const { trainer, validationCount } = study.data;
  const ofStudy = known.get(study) ?? new Map<string, CommonRules>();
  known.set(study, ofStudy);
  const key = trainer.packKey(params);
  const found = ofStudy.get(key);
  if (found !== undefined) return found;
  const { metrics } = trainer;
  const settings = trialSettings(study.spec.trainer, params);
  const records = trainRecords(study);
  const rules = {
    metrics,
    validationCount,
    records,
    measuresAnyStep: trainer.measuresAnyStep === true,
    schedule: trainer.measuredSteps(settings, records),
    isThinned: (points: number) => mayExceedMessage(points, metrics),
  };
  ofStudy.set(key, rules);
  return rules;
}

/** Updates of a whole training of the trial. */
export function totalSteps(study: StudyEntry, { params }: Pick<TrialEntry, 'params'>): number {
  return commonRules(study, params).schedule.at(-1) ?? 0;
}

/** The steps at which a trial with these values may be stopped: ascending; the last is its end. */
export function rungsOf(study: StudyEntry, params: Params): readonly number[] {
  const { spec, data } = study;
  return data.trainer.rungs(trialSettings(spec.trainer, params), trainRecords(study));
}

/** Whether attempts of this kind measure the test split. */
export function measuresTest({ spec, testKey }: StudyEntry, kind: AttemptEntry['kind']): boolean {
  return kind === 'test' || (spec.test === 'all' && testKey !== null);
}

interface Reported {
  readonly study: StudyEntry;
  readonly trial: TrialEntry;
  readonly attempt: AttemptEntry;
  readonly result: TrialResult;
  /** As the worker has sent it: its seconds are those of the attempt. */
  readonly reported: TrialResult;
}

/** Why a worker that is not defective cannot have computed this result; null if it can. */
export function contradiction(
  turn: Turn,
  { study, trial, attempt, result, reported }: Reported,
): string | null {
  const { trainer } = study.data;
  const common = commonRules(study, trial.params);
  const settings = trialSettings(study.spec.trainer, trial.params);
  const { toStep } = attempt;
  const problem = resultProblem(result, {
    ...common,
    ...(toStep !== null && { schedule: common.schedule.filter((step) => step <= toStep) }),
    measuresTest: measuresTest(study, attempt.kind) && toStep === null,
    progressAt: (step) => trainer.progressAt(settings, common.records, step),
  });
  return problem ?? timeProblem(turn, turn.state.packs.get(attempt.pack), reported);
}

/** Two clocks of the coordinator and one of the worker run at slightly different speeds. */
const clockSlackMs = 1_000;
const clockSlackShare = 0.01;

/** Training took less time than has passed; the wall clock also counts while this machine sleeps. */
function timeProblem(
  { now }: Turn,
  pack: PackEntry | undefined,
  { seconds }: TrialResult,
): string | null {
  if (pack === undefined) return null;
  const { assignedAt } = pack;
  const sinceMs = Math.max(
    now.monotonicMs - assignedAt.monotonicMs,
    now.wallMs - assignedAt.wallMs,
  );
  if (seconds * 1_000 <= sinceMs * (1 + clockSlackShare) + clockSlackMs) return null;
  return `took ${seconds} s, but was assigned ${Math.round(sinceMs / 1_000)} s ago`;
}

function trainRecords({ data }: StudyEntry): number {
  const { train, shards } = data.search;
  const counts = new Map(shards.map((shard) => [shard.name, shard.count]));
  return recordCount(train, counts);
}

function recordCount(selection: CountedSelection, counts: ReadonlyMap<string, number>): number {
  if ('count' in selection) return selection.count;
  return selection.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
}
