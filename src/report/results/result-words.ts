/** Sentences about results that several outputs share: a stage's state, the winner, what failed. */
import { trialName, type TrialRecord } from '../../study/trial.ts';
import {
  bareText,
  countText,
  isAccuracy,
  lambdaText,
  metricName,
  metricText,
  percentText,
  shortDigest,
} from '../text/number-format.ts';
import type { ResultRow, StageResults, StudyResults } from './study-results.ts';

/** `λ 1.00e-9 … 1.00e-1`, or that it is not known yet. */
export function rangeWords({ range }: Pick<StageResults, 'range'>): string {
  return range === null
    ? 'λ range not known yet'
    : `λ ${lambdaText(range.min)} … ${lambdaText(range.max)}`;
}

/** `28 of 30 trials complete, 2 failed`; of λ with replicates, how many were given each of them. */
export function countWords({
  trials,
  counts,
  replicates,
}: Pick<StageResults, 'trials' | 'counts' | 'replicates'>): string {
  const others = (['failed', 'cancelled', 'running', 'waiting'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `, ${counts[status]} ${status}`);
  if (replicates.length < 2)
    return `${counts.complete} of ${countText(trials, 'trial')} complete${others.join('')}`;
  const times = replicates.every((count) => count === trials)
    ? `, ${replicates.length} replicates each`
    : `, replicates of ${replicates.join(', ')} λ`;
  return `${counts.complete} of ${trials} λ complete${others.join('')}${times}`;
}

type Replicated = readonly Pick<StageResults, 'replicates'>[];

/** Whether a λ has several trials, and a row is the mean of them. */
export function hasReplicates(stages: Replicated): boolean {
  return stages.some(({ replicates }) => replicates.length > 1);
}

/** What is ranked, counted: `30 trials`, or `30 λ` where they have replicates. */
export function rankedText(count: number, stages: Replicated): string {
  return hasReplicates(stages) ? `${count} λ` : countText(count, 'trial');
}

/** How far a study is: `54 of 60 trials complete`. */
export function completeText(
  stages: readonly Pick<StageResults, 'trials' | 'counts' | 'replicates'>[],
): string {
  const complete = stages.reduce((sum, { counts }) => sum + counts.complete, 0);
  const planned = stages.reduce((sum, { trials }) => sum + trials, 0);
  return `${complete} of ${rankedText(planned, stages)} complete`;
}

/** `winner`, or `best so far` while the search goes on or where it ended without one. */
export function bestLabel({ winner }: Pick<StudyResults, 'winner'>): string {
  return winner === null ? 'best so far' : 'winner';
}

/**
 * What is known of the best trial, a phrase each; null where there is none.
 *
 * The value that chose the winner is called optimistic: the best of many noisy values is more often
 * lucky than not. The test accuracy was no part of the choice.
 */
export function winnerFacts(
  results: Pick<StudyResults, 'best' | 'winner' | 'objective'>,
): readonly string[] | null {
  const { best, winner, objective } = results;
  if (best === null) return null;
  const { metric } = objective;
  const name = metric === 'validation_accuracy' ? 'validation' : metricName(metric);
  const optimistic = metric.startsWith('validation') ? ' (optimistic: it was chosen by it)' : '';
  const facts = [
    best.trial,
    `λ ${lambdaText(best.lambda)}`,
    `${name} ${valueWords(results, best)}${optimistic}`,
  ];
  if (metric !== 'validation_accuracy' && best.validationAccuracy !== null) {
    facts.push(`validation accuracy ${percentText(best.validationAccuracy)} %`);
  }
  if (best.testAccuracy !== null) {
    const several = best.replicates > 1 ? ` (mean of ${best.replicates})` : '';
    facts.push(`test ${percentText(best.testAccuracy)} %${several}`);
  }
  if (best.digest !== null) facts.push(`digest ${shortDigest(best.digest, '…')}`);
  if (winner !== null && winner.reproduced !== null) {
    const where = winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`;
    facts.push(`${winner.reproduced ? 'reproduced' : 'NOT reproduced'}${where}`);
  }
  return facts;
}

/** `47.12 ± 0.50 %`: the value with its standard error, where it has one. */
function valueWords(
  { objective: { metric } }: Pick<StudyResults, 'objective'>,
  row: ResultRow,
): string {
  const value = metricText(metric, row.value) ?? '-';
  if (row.standardError === null) return value;
  const unit = isAccuracy(metric) ? ' %' : '';
  return `${bareText(metric, row.value)} ± ${bareText(metric, row.standardError)}${unit}`;
}

/** What a standard error of the study's values is of, after "one standard error"; null where none is known. */
export function errorSource({
  objective,
  validationCount,
  stages,
}: Pick<StudyResults, 'objective' | 'validationCount'> & {
  readonly stages: Replicated;
}): string | null {
  const ofImages = objective.metric === 'validation_accuracy' && validationCount !== null;
  if (!hasReplicates(stages)) return ofImages ? 'of the validation sample' : null;
  return ofImages ? 'of the seeds and the validation sample' : 'of the seeds';
}

/**
 * What the numbers allow to say about the winner: who is tied with it, what the curve over λ says, and
 * what the signs mean.
 */
export function statisticsWords(
  results: Pick<StudyResults, 'ties' | 'fit' | 'validationCount' | 'objective'> & {
    readonly stages: Replicated;
  },
): readonly { readonly label: string; readonly text: string }[] {
  const { ties, fit, validationCount, objective, stages } = results;
  const words: { label: string; text: string }[] = [];
  if (ties !== null && ties.compared > 1) {
    const where = `λ ${lambdaText(ties.lambda.min)} … ${lambdaText(ties.lambda.max)}`;
    const text =
      ties.tied === 1
        ? `none of the other ${rankedText(ties.compared - 1, stages)} is tied with the best`
        : `${ties.tied} of ${rankedText(ties.compared, stages)} cannot be told from the best (=), ${where}`;
    words.push({ label: 'tied', text });
  }
  if (fit !== null) words.push({ label: 'curve', text: fit.reason });
  const noise = noiseText(objective, validationCount, stages);
  if (noise !== null) words.push({ label: 'noise', text: noise });
  return words;
}

/** In a race, and where each replicate has a row, there are values of one trial beside means. */
function noiseText(
  { metric }: StudyResults['objective'],
  validationCount: number | null,
  stages: Replicated,
): string | null {
  if (metric !== 'validation_accuracy' || validationCount === null)
    return hasReplicates(stages)
      ? '± of a mean is about the seeds alone, not about the choice of images'
      : null;
  const images = `the choice of these ${validationCount} validation images`;
  return hasReplicates(stages)
    ? `± of a mean is about the seeds and about ${images}; ± of one trial and = are about the images alone`
    : `± and = are about ${images}, not about the seed`;
}

/** `best: coarse/3, replicate 1 of 3, λ 2.39e-5`: a curve is of one trial, where the tables have means. */
export function exampleLabel(
  { role, trial }: { readonly role: string; readonly trial: TrialRecord },
  { stages }: Pick<StudyResults, 'stages'>,
): string {
  const first = trialName({ ...trial.id, replicate: 1 });
  const row = stages.flatMap(({ rows }) => rows).find((of) => of.trial === first);
  const several = row !== undefined && row.replicates > 1;
  const which = several ? `, replicate ${trial.id.replicate} of ${row.replicates}` : '';
  const name = `${trialName(trial.id)}${which}, λ ${lambdaText(trial.lambda)}`;
  return role === '' ? name : `${role}: ${name}`;
}

/** `coarse/3 failed: given up after 3 attempts; …`: at most `most` lines, and where the rest is told. */
export function failureWords(study: string, { failed }: StageResults, most: number): string[] {
  const words = failed
    .slice(0, most)
    .map((row) => `${row.trial} failed: ${row.reason ?? 'no reason is known'}`);
  const more = failed.length - words.length;
  if (more === 0) return words;
  return [
    ...words,
    `${more} more failed; ridgeline results ${study} --where 'status = failed' --columns trial,reason --all has every reason`,
  ];
}
