/**
 * Decision replay: makes every choice of a study again from its stored results, without training, and reports
 * where the stored choice is another one: search spaces, trials and their parameters, stopped trials, ranks
 * and the winner. It also covers studies whose trainer does not give the same result twice.
 *
 * Results may have changed after a choice: a stage has gained trials, trials were retried, or a contested result
 * was corrected. Where a choice of such a stage depends on results, a difference is a note, not a fault.
 */
import { isDropped, stepLimit } from '../../study/budget.ts';
import type { Params, SearchSpace } from '../../study/search-space.ts';
import { stopRule } from '../../study/spec/study-spec.ts';
import type { StudyChanges } from '../../study/study-changes.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import {
  isOver,
  trialName,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../study/trial.ts';
import { bestConfiguration, storedRanks } from '../ranking/ranking.ts';
import { stageSpec } from './one-shot.ts';
import { plannerFor } from './planner-for.ts';
import type { PlannedStudy } from './planner.ts';
import { replayStage, type DecisionDifference } from './replay-stage.ts';

interface Rank {
  readonly trial: TrialId;
  readonly rankInStage: number | null;
  readonly rankInStudy: number | null;
}

export interface StoredDecisions {
  readonly study: StudyRecord;
  /** With their validation bits. */
  readonly trials: readonly TrialRecord[];
  readonly ranks: readonly Rank[];
  /** Number of records in the validation split; null if it is not stored. */
  readonly validationCount: number | null;
  readonly rungs: (params: Params) => readonly number[];
  readonly changes: StudyChanges;
}

export interface DecisionReplay {
  readonly differences: readonly DecisionDifference[];
  /** Numbers of choices that were made again. */
  readonly counts: {
    readonly stages: number;
    readonly trials: number;
    readonly comparisons: number;
    readonly ranks: number;
  };
  /** What was not replayed, and why. */
  readonly notes: readonly string[];
}

export function replayDecisions(given: StoredDecisions): DecisionReplay {
  // Trials beyond the end of a budget were planned before it, and decide nothing.
  const trials = given.trials.filter((trial) => !isDropped(trial));
  const stored = { ...given, trials };
  const { study } = stored;
  const differences: DecisionDifference[] = [];
  const notes: string[] = [];
  const counts = { stages: 0, trials: 0, comparisons: 0, ranks: 0 };
  const byStage = Map.groupBy(trials, ({ id }) => id.stage);
  for (const record of study.stages) {
    if (record.space === null) continue;
    const own = byStage.get(record.name) ?? [];
    counts.stages += 1;
    if (isNarrowed(stored, record) && stored.validationCount === null)
      notes.push(
        `the range of stage ${record.name} is not replayed: the number of validation images is not stored`,
      );
    else {
      const ranges = rangeDifferences(stored, record);
      if (ranges.length > 0 && hasChanged(stored))
        notes.push(
          `the range of stage ${record.name} may follow from results before a later change`,
        );
      else differences.push(...ranges);
    }
    const planner = plannerFor(study.spec);
    const replay = replayStage(planner, plannedAt(stored, record), record, own);
    const doubt = doubtAbout(stored, record);
    const isSampled = stageSpec(study.spec, record.name).sampler !== 'model';
    const [certain, doubtful] = partition(
      replay.differences,
      ({ kind }) => doubt === null || (kind === 'parameters' && isSampled),
    );
    differences.push(...certain);
    if (doubtful.length > 0)
      notes.push(
        `stage ${record.name}: ${doubtful.map(({ where }) => where).join(', ')} may follow from results before ${doubt}`,
      );
    counts.trials += own.length;
    counts.comparisons += replay.comparisons;
  }
  const ranks = rankDifferences(stored);
  counts.ranks = ranks.count;
  differences.push(...ranks.differences, ...winnerDifferences(stored));
  return { differences, counts, notes };
}

/** The study as it was when a stage opened: results that arrived later, after a retry, did not exist. */
function plannedAt(
  { study, trials, validationCount, rungs, changes }: StoredDecisions,
  stage: StageRecord,
): PlannedStudy {
  const openedMs = changes.openedAtMs.get(stage.name) ?? Infinity;
  const asThen = (trial: TrialRecord): TrialRecord => {
    const atMs = changes.resultAtMs.get(trialName(trial.id));
    if (atMs === undefined || atMs <= openedMs) return trial;
    return { ...trial, status: 'failed', result: null, fingerprint: null, worker: null };
  };
  const byStage = Map.groupBy(trials, ({ id }) => id.stage);
  const at = study.stages.findIndex(({ name }) => name === stage.name);
  const stages = study.stages.map((record, index) => ({
    record,
    trials: index < at ? (byStage.get(record.name) ?? []).map(asThen) : [],
  }));
  const limit = stepLimit(study.spec.budget, study.budgetEnd);
  return { spec: study.spec, validationCount: validationCount ?? 0, rungs, ...limit, stages };
}

function isNarrowed({ study }: StoredDecisions, { name }: StageRecord): boolean {
  const { search } = stageSpec(study.spec, name);
  return Object.values(search).some(({ narrow }) => narrow !== undefined);
}

function rangeDifferences(stored: StoredDecisions, record: StageRecord): DecisionDifference[] {
  const planned = plannedAt(stored, record);
  const given = record.space === null ? null : spaceText(record.space);
  let space: string;
  try {
    space = spaceText(plannerFor(stored.study.spec).openStage(planned, record.name).space);
  } catch (error) {
    // The planner has too few results to narrow the stage.
    space = error instanceof Error ? error.message : String(error);
  }
  if (given === space) return [];
  return [{ kind: 'range', where: record.name, stored: given, replayed: space }];
}

/** `lambda: kind log_uniform, max 0.1, min 0.001`. */
function spaceText(space: SearchSpace): string {
  const values = (distribution: object): string =>
    Object.entries(distribution)
      .filter(([, value]) => value !== undefined)
      .map(
        ([key, value]) =>
          `${key} ${String(typeof value === 'object' ? JSON.stringify(value) : value)}`,
      )
      .toSorted()
      .join(', ');
  return Object.entries(space)
    .map(([name, distribution]) => `${name}: ${values(distribution)}`)
    .toSorted()
    .join('; ');
}

/** Why choices of a stage may follow from other results than the stored ones; null if they cannot. */
function doubtAbout({ study, changes }: StoredDecisions, { name }: StageRecord): string | null {
  const { spec } = study;
  const stage = stageSpec(spec, name);
  const isStopping = stopRule(spec, stage) !== 'never';
  if (changes.budgetEnds > (study.budgetEnd == null ? 0 : 1)) return 'the budget was raised';
  if (!spec.racing && stage.sampler !== 'model' && !isStopping) return null;
  if ([...changes.retried].some((trial) => trial.startsWith(`${name}/`)))
    return 'trials of it were retried';
  if (changes.grown.has(name) && (spec.racing || isStopping)) return 'it has gained trials';
  return changes.contested.has(name) ? 'contested results were settled' : null;
}

/** Whether results of the study may have changed after a choice. */
function hasChanged({ changes }: StoredDecisions): boolean {
  const { grown, retried, contested, budgetEnds } = changes;
  return grown.size + retried.size + contested.size + budgetEnds > 0;
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

function rankDifferences({ study, trials, ranks }: StoredDecisions) {
  const { spec, stages, status } = study;
  const closed = new Set(
    stages.filter((stage) => stage.closed || isOver(status)).map(({ name }) => name),
  );
  const ranked = trials.filter(({ id }) => closed.has(id.stage));
  const order = stages.map(({ name }) => name);
  const text = ({ rankInStage, rankInStudy }: Rank): string | null =>
    rankInStage === null ? null : `${rankInStage} in its stage, ${rankInStudy} in the study`;
  const found = new Map(ranks.map((rank) => [trialName(rank.trial), text(rank)]));
  const again = storedRanks(ranked, spec.objective, order);
  const differences = again.flatMap((rank): DecisionDifference[] => {
    const where = trialName(rank.trial);
    const [stored, replayed] = [found.get(where) ?? null, text(rank)];
    return stored === replayed ? [] : [{ kind: 'rank', where, stored, replayed }];
  });
  return { differences, count: again.length };
}

function winnerDifferences({ study, trials }: StoredDecisions): DecisionDifference[] {
  const { spec, stages, status, winner } = study;
  if (winner === null && status !== 'complete') return [];
  const order = stages.map(({ name }) => name);
  const best = bestConfiguration(trials, spec.objective, order);
  const stored = winner === null ? null : trialName(winner.trial);
  const replayed = best === null ? null : trialName(best.trial.id);
  return stored === replayed ? [] : [{ kind: 'winner', where: spec.study, stored, replayed }];
}
