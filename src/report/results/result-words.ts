/** Result words: sentences about results that several outputs share, such as the winner and failures. */
import { budgetEndText, budgetRepeatText } from '../../study/budget.ts';
import type { Relation } from '../../study/independence.ts';
import type { SelectionReason } from '../../search/ranking/selection.ts';
import { formatParams, parameterSymbol, type Params } from '../../study/search-space.ts';
import type { DatasetSpec } from '../../study/spec/study-spec.ts';
import type { Metric } from '../../study/metrics.ts';
import { trialName, type TrialRecord } from '../../study/trial.ts';
import {
  countText,
  listText,
  metricName,
  metricText,
  percentText,
  shortDigest,
  valueWithError,
} from '../text/number-format.ts';
import { objectiveMetric, type ResultLayout } from './result-fields.ts';
import type { ResultRow } from './result-row.ts';
import { metricIn, metricOn, valueOn } from './metric-values.ts';
import { rangeText } from './space-words.ts';
import type { ReusedSummary, StageResults, StudyResults } from './study-results.ts';
import type { TieSummary } from './tie-summary.ts';

type StageProgress = Pick<StageResults, 'trials' | 'counts' | 'replicates'>;

/** `28 of 30 trials complete, 2 failed`; in a race, how many configurations each round trained. */
export function countsText({ trials, counts, replicates }: StageProgress): string {
  const others = (['stopped', 'failed', 'cancelled', 'running', 'paused', 'waiting'] as const)
    .filter((status) => counts[status] > 0)
    .map((status) => `, ${counts[status]} ${status}`);
  const complete = `${counts.complete} of ${rankedText(trials, [{ replicates }])} complete${others.join('')}`;
  if (replicates.length < 2) return complete;
  return replicates.every((count) => count === trials)
    ? `${complete}, ${replicates.length} replicates each`
    : `${complete}, replicates per round: ${replicates.join(', ')}`;
}

type Replicated = readonly Pick<StageResults, 'replicates'>[];

/** Whether a configuration has several trials, so that a row is their mean. */
export function hasReplicates(stages: Replicated): boolean {
  return stages.some(({ replicates }) => replicates.length > 1);
}

/** The number of ranked items: `30 trials`, or `30 configurations` if they have replicates. */
export function rankedText(count: number, stages: Replicated): string {
  return countText(count, hasReplicates(stages) ? 'configuration' : 'trial');
}

/** The progress of a study: `54 of 60 trials complete`. */
export function completeText(stages: readonly StageProgress[]): string {
  const complete = stages.reduce((sum, { counts }) => sum + counts.complete, 0);
  const planned = stages.reduce((sum, { trials }) => sum + trials, 0);
  return `${complete} of ${rankedText(planned, stages)} complete`;
}

/** `winner`; `best so far` as long as there is none. */
export function bestLabel({ winner }: Pick<StudyResults, 'winner'>): string {
  return winner === null ? 'best so far' : 'winner';
}

/** The name or path of a data set. */
export function datasetText(dataset: DatasetSpec | undefined): string {
  return dataset === undefined ? ownDataText : (dataset.name ?? dataset.path ?? '');
}

/** For a study without a data set. */
const ownDataText = 'data that the trainer reads itself';

/** Accuracy on the test images; null if it was not measured. */
export function testAccuracy(
  row: ResultRow,
  { metrics }: Pick<ResultLayout, 'metrics'>,
): number | null {
  return valueOn(row, metrics, 'accuracy', 'test');
}

/** `46.80 ± 0.71 %`: the test accuracy with its standard error; null if it was not measured. */
export function testText(
  row: ResultRow,
  { metrics }: Pick<ResultLayout, 'metrics'>,
): string | null {
  const metric = metricOn(metrics, 'accuracy', 'test');
  if (metric === null) return null;
  return valueWithError(metric, metricIn(row, metric.name), row.testStandardError);
}

export type Winning = Pick<StudyResults, 'best' | 'winner' | 'objective' | 'metrics' | 'styles'>;

/**
 * Phrases about the best trial; null if there is none. The value that selected it is biased upwards: the
 * best of many noisy values is more often lucky than not.
 *
 * @param others rows that are shown with it
 */
export function winnerFacts(
  results: Winning,
  others: readonly ResultRow[] = [],
): readonly string[] | null {
  const { best, winner, metrics } = results;
  if (best === null) return null;
  const metric = objectiveMetric(results);
  const name = objectiveName(results);
  const params = formatParams(best.params, results.styles, others);
  const bias = metric.split === 'validation' ? ` (${biasText(metric)})` : '';
  const value = valueWithError(metric, best.value, best.standardError) ?? '-';
  const facts = [best.trial, params, `${name} ${value}${bias}`];
  const validation = valueOn(best, metrics, 'accuracy', 'validation');
  if (name !== 'validation' && validation !== null)
    facts.push(`validation accuracy ${percentText(validation)} %`);
  const test = testText(best, results);
  if (test !== null) {
    const several = best.replicates > 1 ? ` (mean of ${best.replicates})` : '';
    facts.push(`test ${test}${several}`);
  }
  const digests = best.digests.filter((digest) => digest !== null);
  if (digests.length > 0)
    facts.push(
      `${digests.length > 1 ? 'digests' : 'digest'} ${digests.map((digest) => shortDigest(digest, '…')).join(' ')}`,
    );
  const reproduced = reproducedText(winner);
  return reproduced === null ? facts : [...facts, reproduced];
}

/** Why the value of the winner is no estimate. */
export function biasText({ direction }: Metric): string {
  return `biased ${direction === 'minimize' ? 'downwards' : 'upwards'}: it selected the trial`;
}

/** `validation` for the validation accuracy, else the name of the metric. */
export function objectiveName(results: Pick<StudyResults, 'objective' | 'metrics'>): string {
  const { name } = objectiveMetric(results);
  const accuracy = metricOn(results.metrics, 'accuracy', 'validation');
  return name === accuracy?.name ? 'validation' : metricName({ name });
}

/**
 * Whether the second training of the winner gave the same result, and who trained it: only another worker
 * checks the first one. Null before the winner was trained again.
 */
export function reproducedText(winner: StudyResults['winner']): string | null {
  if (winner === null || winner.reproduced === null) return null;
  const { testWorker, workers, tests } = winner;
  const names = testWorker ?? 'an unknown worker';
  if (!winner.reproduced) return `NOT reproduced: worker ${names} got another result`;
  // Release 0.1.0 stored no relations, and at first no single tests.
  const byName = (isSame: boolean): Relation => (isSame ? 'same-worker' : 'independent');
  const relations =
    tests.length === 0
      ? [byName(testWorker === workers[0])]
      : tests.map(
          ({ replicate, worker, relation }) =>
            relation ?? byName(worker === workers[replicate - 1]),
        );
  const isAll = (...wanted: Relation[]): boolean => relations.every((one) => wanted.includes(one));
  const other = relations.length > 1 ? 'other workers' : 'another worker';
  if (isAll('independent')) return `reproduced bit for bit by ${other} (${names})`;
  if (isAll('same-worker')) return `re-trained by the same worker (${names}): identical`;
  if (isAll('other-worker'))
    return `re-trained by ${other} of the same machine (${names}): identical`;
  if (isAll('other-machine'))
    return `re-trained by ${other} with the same token (${names}): identical`;
  return `re-trained by ${names}, some replicates by the same worker, machine or token as before: identical`;
}

/** The parts of results that determine the source of standard errors. */
type Measured = Pick<StudyResults, 'objective' | 'validationCount'> & {
  readonly stages: Replicated;
};

function hasImages({ objective, validationCount }: Measured): boolean {
  return objective.metric === 'validation_accuracy' && validationCount !== null;
}

/** A word before a sentence. */
export interface Labelled {
  readonly label: string;
  readonly text: string;
}

/** How the winner was selected, which are not significantly worse, where the curve is highest, and what ± means. */
export function statisticsWords(
  results: Measured &
    Winning &
    Pick<StudyResults, 'sharedBest' | 'ties' | 'fit' | 'parameter'> &
    Partial<Pick<StudyResults, 'budgetEnd' | 'reused'>>,
): readonly Labelled[] {
  const { ties, fit, budgetEnd = null, reused = null } = results;
  const words: Labelled[] = [];
  if (budgetEnd !== null) {
    const repeat = results.winner === null ? null : budgetRepeatText(budgetEnd);
    const text = [budgetEndText(budgetEnd), repeat].filter((part) => part !== null).join('; ');
    words.push({ label: 'budget', text });
  }
  const selection = selectionText(results);
  if (selection !== null) words.push({ label: 'choice', text: selection });
  if (ties !== null && ties.compared > 1) {
    words.push({ label: 'tied', text: tieText(results, ties) });
  }
  if (fit !== null) words.push({ label: 'curve', text: fit.reason });
  const noise = noiseText(results);
  if (noise !== null) words.push({ label: 'noise', text: noise });
  if (reused !== null) words.push({ label: 'reused', text: reusedText(reused) });
  return words;
}

/** `12 results were trained in quickstart, with the same data, seed and settings`. */
function reusedText({ trials, studies }: ReusedSummary): string {
  if (trials === 0)
    return 'no result: no trial of another study has the same data, seed and settings (--reuse)';
  const were = trials === 1 ? 'result was' : 'results were';
  return `${trials} ${were} trained in ${listText(studies)}, with the same data, seed and settings (--reuse)`;
}

function tieText(
  {
    stages,
    parameter,
    styles,
    validationCount,
  }: Measured & Pick<StudyResults, 'parameter' | 'styles'>,
  { tied, compared, range, conservative, hasGaps }: TieSummary,
): string {
  const test = `paired test over the same ${validationCount} validation images, 5 % over all comparisons`;
  if (tied === 1)
    return `each of the other ${rankedText(compared - 1, stages)} is significantly worse than the best (${test})`;
  const place =
    parameter === null || range === null
      ? ''
      : `: ${parameterSymbol(parameter)} ${rangeText(range, styles?.[parameter])}`;
  const choice =
    conservative === null
      ? ''
      : `; the largest of them, ${conservative}, is the conservative choice`;
  const gaps = hasGaps
    ? '. The test counts the images on which two trials differ, so a row with ≈ can be below one without it'
    : '';
  return `${tied} of ${rankedText(compared, stages)} are not significantly worse than the best (≈; ${test})${place}${choice}${gaps}`;
}

export const selectionReasons: Readonly<Record<SelectionReason, string>> = {
  'validation loss': 'lowest validation loss',
  middle: 'nearest to the middle of those with the lowest validation loss',
  'order of sampling': 'sampled first',
};

/** `6 trials share 96.25 %; coarse/5 was selected (lowest validation loss)`; null if no trial shares the value. */
function selectionText(
  results: Winning & Measured & Pick<StudyResults, 'sharedBest'>,
): string | null {
  const { sharedBest, best, winner, stages } = results;
  if (sharedBest === null || best === null) return null;
  const value = metricText(objectiveMetric(results), best.value) ?? 'the best value';
  const verb = winner === null ? 'leads' : 'was selected';
  const reason = selectionReasons[sharedBest.reason];
  return `${rankedText(sharedBest.count, stages)} share ${value}; ${best.trial} ${verb} (${reason})`;
}

/** After a race, and if each replicate has a row, tables show values of one trial next to means. */
function noiseText(results: Measured & Winning): string | null {
  const repeated = hasReplicates(results.stages);
  if (!hasImages(results)) {
    const { name } = objectiveMetric(results);
    // A study of accuracies without validation bits has no completed trial yet.
    if (name === 'validation_accuracy') return null;
    const missing = `no significance test for ${metricName({ name })}: it is not stored per image`;
    return repeated ? `± covers the seeds, not the choice of images; ${missing}` : missing;
  }
  const images = `the choice of these ${results.validationCount} validation images`;
  return repeated
    ? `± of a mean is one standard error from the seeds and ${images}; ± of one trial and the test (≈) cover the images alone`
    : `± is one standard error from ${images}; random seeds are not included (\`replicates: 3\` adds them)`;
}

/** `best: coarse/3, replicate 1 of 3, λ 2.39e-5`: a curve is of one trial, while a row may be a mean. */
export function exampleLabel(
  { role, trial }: { readonly role: string; readonly trial: TrialRecord },
  { stages, styles }: Pick<StudyResults, 'stages' | 'styles'>,
  format: (params: Params) => string = (params) => formatParams(params, styles),
): string {
  const first = trialName({ ...trial.id, replicate: 1 });
  const row = stages.flatMap(({ rows }) => rows).find((one) => one.trial === first);
  const several = row !== undefined && row.replicates > 1;
  const which = several ? `, replicate ${trial.id.replicate} of ${row.replicates}` : '';
  const name = `${trialName(trial.id)}${which}, ${format(trial.params)}`;
  return role === '' ? name : `${role}: ${name}`;
}
