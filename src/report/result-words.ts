/** Sentences about results that several outputs share: a stage's state, the winner, what failed. */
import {
  countText,
  lambdaText,
  metricName,
  metricText,
  percentText,
  shortDigest,
} from './number-format.ts';
import type { StageResults, StudyResults } from './study-results.ts';

/** `λ 1.00e-9 … 1.00e-1`, or that it is not known yet. */
export function rangeWords({ range }: StageResults): string {
  return range === null
    ? 'λ range not known yet'
    : `λ ${lambdaText(range.min)} … ${lambdaText(range.max)}`;
}

/** `28 of 30 trials complete, 2 failed`. */
export function countWords({ trials, counts }: StageResults): string {
  const others = (['failed', 'cancelled', 'running', 'waiting'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `, ${counts[status]} ${status}`);
  return `${counts.complete} of ${countText(trials, 'trial')} complete${others.join('')}`;
}

/** `winner`, or `best so far` while the search goes on or where it ended without one. */
export function bestLabel({ winner }: StudyResults): string {
  return winner === null ? 'best so far' : 'winner';
}

/**
 * What is known of the best trial, a phrase each; null where there is none.
 *
 * The value that chose the winner is called optimistic: the best of many noisy values is more often
 * lucky than not. The test accuracy was no part of the choice.
 */
export function winnerFacts(results: StudyResults): readonly string[] | null {
  const { best, winner, objective } = results;
  if (best === null) return null;
  const { metric } = objective;
  const name = metric === 'validation_accuracy' ? 'validation' : metricName(metric);
  const optimistic = metric.startsWith('validation') ? ' (optimistic: it was chosen by it)' : '';
  const facts = [
    best.trial,
    `λ ${lambdaText(best.lambda)}`,
    `${name} ${metricText(metric, best.value) ?? '-'}${optimistic}`,
  ];
  if (metric !== 'validation_accuracy' && best.validationAccuracy !== null) {
    facts.push(`validation accuracy ${percentText(best.validationAccuracy)} %`);
  }
  if (best.testAccuracy !== null) facts.push(`test ${percentText(best.testAccuracy)} %`);
  if (best.digest !== null) facts.push(`digest ${shortDigest(best.digest, '…')}`);
  if (winner !== null && winner.reproduced !== null) {
    const where = winner.testWorker === null ? '' : ` on worker ${winner.testWorker}`;
    facts.push(`${winner.reproduced ? 'reproduced' : 'NOT reproduced'}${where}`);
  }
  return facts;
}

/** `coarse/3 failed: given up after 3 attempts; …`: at most `most` lines, and where the rest is told. */
export function failureWords(results: StudyResults, stageName: string, most: number): string[] {
  const stage = results.stages.find(({ name }) => name === stageName);
  const failed = stage?.rows.filter(({ status }) => status === 'failed') ?? [];
  const words = failed
    .slice(0, most)
    .map((row) => `${row.trial} failed: ${row.reason ?? 'no reason is known'}`);
  const more = failed.length - words.length;
  if (more === 0) return words;
  return [
    ...words,
    `${more} more failed; ridgeline results ${results.study} --format tsv has every reason`,
  ];
}
