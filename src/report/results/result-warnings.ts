/**
 * What a reader of the results must know before believing them, in words.
 *
 * The warnings of narrowing come from the stages (`search/planning/narrowing.ts`); here are added those that
 * only the whole study shows.
 */
import { lambdaFloor } from '../../trainers/two-layer/weight-decay-floor.ts';
import { edgeWords } from '../../search/planning/narrowing.ts';
import type { StudyStatistics } from '../../search/statistics/study-statistics.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName } from '../../study/trial.ts';
import { lambdaText } from '../text/number-format.ts';
import { rankedText } from './result-words.ts';
import type { ResultRow, StageResults } from './study-results.ts';

/** What is asked of a stage. */
type JudgedStage = Pick<StageResults, 'name' | 'closed' | 'warnings' | 'replicates' | 'rows'>;

export function resultWarnings(
  study: StudyRecord,
  stages: readonly JudgedStage[],
  statistics: StudyStatistics,
  best: ResultRow | null,
): readonly string[] {
  return [
    ...stages.flatMap((stage) => stage.warnings.map((warning) => `${stage.name}: ${warning}`)),
    ...wholeWarnings(study, stages, statistics, best),
  ];
}

/** Without those that the stages have been given by narrowing. */
export function wholeWarnings(
  study: StudyRecord,
  stages: readonly JudgedStage[],
  statistics: StudyStatistics,
  best: ResultRow | null,
): readonly string[] {
  const rows = stages.flatMap((stage) => stage.rows);
  return [
    ...edgeWarnings(stages, rows, best),
    ...tieWarnings(stages, statistics),
    ...floorWarnings(study, stages, rows),
    ...lostWarnings(stages, rows),
    ...auditWarnings(rows),
    ...winnerWarnings(study),
    ...studyWarnings(study),
  ];
}

/** Fewer trials than this have no edge to speak of. */
const trialsMin = 3;

/** The best trial is the outermost of all that were tried; a diverged one beyond it is an answer, too. */
function edgeWarnings(
  stages: readonly JudgedStage[],
  rows: readonly ResultRow[],
  best: ResultRow | null,
): string[] {
  const tried = rows.filter(({ value, steps }) => value !== null || steps !== null);
  if (best === null || tried.length < trialsMin) return [];
  const said = (words: string): boolean =>
    stages.some(({ warnings }) => warnings.some((warning) => warning.startsWith(words)));
  const warnings: string[] = [];
  if (!said(edgeWords.below) && tried.every(({ lambda }) => lambda >= best.lambda)) {
    warnings.push(
      `The best trial, ${best.trial}, has the smallest λ of all: the optimum may lie below ${lambdaText(best.lambda)}; try a range that begins at ${lambdaText(best.lambda / 100)}.`,
    );
  }
  if (!said(edgeWords.above) && tried.every(({ lambda }) => lambda <= best.lambda)) {
    warnings.push(
      `The best trial, ${best.trial}, has the largest λ of all: the optimum may lie above ${lambdaText(best.lambda)}; try a range that ends at ${lambdaText(best.lambda * 100)}.`,
    );
  }
  return warnings;
}

function tieWarnings(
  stages: readonly JudgedStage[],
  { ties, validationCount }: StudyStatistics,
): string[] {
  if (ties === null || ties.compared.size < trialsMin) return [];
  if (ties.names.size === ties.compared.size) {
    return [
      `None of the ${rankedText(ties.compared.size, stages)} can be told from the best: with ${validationCount} validation images this search cannot see what λ does.`,
    ];
  }
  return stages.flatMap(({ name, closed, rows }) => {
    const compared = rows.filter(({ tied }) => tied !== null);
    if (!closed || compared.length < trialsMin || compared.some(({ tied }) => tied === false))
      return [];
    return [
      `${name}: all ${rankedText(compared.length, stages)} are tied with the best: within this range the noise of ${validationCount} validation images is larger than what λ does. More trials in it cannot tell more; more images can.`,
    ];
  });
}

/** The training that a λ went through says how many steps it had. */
function floorWarnings(
  { spec }: StudyRecord,
  stages: readonly JudgedStage[],
  rows: readonly ResultRow[],
): string[] {
  const steps = rows.find((row) => row.steps !== null)?.steps ?? null;
  if (steps === null || steps === 0) return [];
  const floor = lambdaFloor(spec.trainer.learningRate, steps);
  const below = rows.filter(({ lambda, digest }) => digest !== null && lambda < floor).length;
  if (below === 0) return [];
  return [
    `${rankedText(below, stages)} lay below λ ${lambdaText(floor)}, which float32 training cannot feel: in ${steps} steps it takes less from a weight than one rounding. They differ by rounding alone.`,
  ];
}

function lostWarnings(stages: readonly JudgedStage[], rows: readonly ResultRow[]): string[] {
  const failed = rows.filter(({ status }) => status === 'failed');
  // A diverged trial was trained: it has steps. One that was lost has nothing.
  const diverged = failed.filter(({ steps }) => steps !== null);
  const lost = failed.filter(({ steps }) => steps === null);
  const warnings: string[] = [];
  if (diverged.length > 0) {
    warnings.push(
      `${rankedText(diverged.length, stages)} diverged (${lambdasText(diverged)}): the loss was no longer a finite number.`,
    );
  }
  if (lost.length > 0) {
    warnings.push(
      `${rankedText(lost.length, stages)} failed without a result and could not be ranked.`,
    );
  }
  return warnings;
}

function lambdasText(rows: readonly ResultRow[]): string {
  const min = rows.reduce((least, { lambda }) => Math.min(least, lambda), Infinity);
  const max = rows.reduce((most, { lambda }) => Math.max(most, lambda), 0);
  return min === max ? `λ ${lambdaText(min)}` : `λ ${lambdaText(min)} … ${lambdaText(max)}`;
}

function auditWarnings(rows: readonly ResultRow[]): string[] {
  const of = (verdict: ResultRow['audit']): string => {
    const names = rows.filter(({ audit }) => audit === verdict).map(({ trial }) => trial);
    return names.length > 5
      ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
      : names.join(', ');
  };
  const [disputed, repeated, unchecked] = [of('disputed'), of('repeated'), of('unchecked')];
  const warnings: string[] = [];
  if (disputed !== '') {
    warnings.push(
      `Workers computed different results of ${disputed}, and there was no other to settle it: not ranked.`,
    );
  }
  if (repeated !== '') {
    warnings.push(
      `Only the worker itself could compute ${repeated} again: it is steady, which does not make it right.`,
    );
  }
  if (unchecked !== '') {
    warnings.push(
      `${unchecked} should have been computed again, and nobody did: every attempt was lost, or the worker was found to compute wrongly when the stage had closed.`,
    );
  }
  return warnings;
}

function winnerWarnings(study: StudyRecord): string[] {
  const { winner } = study;
  if (winner?.reproduced !== false) return [];
  const worker = winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`;
  return [
    `The winner ${trialName(winner.trial)} was trained again${worker} and gave another result; ` +
      `one of the two machines computes wrongly, so no test accuracy is reported.`,
  ];
}

function studyWarnings({ spec, officialData }: StudyRecord): string[] {
  const warnings: string[] = [];
  if (spec.test === 'all') {
    warnings.push(
      'The test set was measured in every trial (test: all) and stands in every row: choosing by it makes it optimistic too.',
    );
  }
  if (spec.numerics === 'any') {
    warnings.push(
      'Workers with any arithmetic took part (numerics: any): digests may differ between machines.',
    );
  }
  if (officialData === false) {
    warnings.push("The data set's files differ from the official release.");
  }
  return warnings;
}
