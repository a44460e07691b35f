/** Study inputs: what each chart of a study draws, from its stored data. */
import { assert } from '../../base/assert.ts';
import { objectiveValue } from '../../search/ranking/configurations.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { parameterSymbol, type ParameterName, type Params } from '../../study/search-space.ts';
import { trialName } from '../../study/trial.ts';
import { valueOn } from '../results/metric-values.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { bestLabel, hasReplicates } from '../results/result-words.ts';
import { isNarrowed, stageRange, type StudyResults } from '../results/study-results.ts';
import { trialEnd } from '../results/trial-end.ts';
import { groupedNumber, metricName, metricNamed } from '../text/number-format.ts';
import type { DifferenceInput } from './difference-chart.ts';
import type { ScatterInput, ScatterReplicate } from './scatter-scene.ts';
import type { StudyPicture } from './study-picture.ts';

export function scatterInput(picture: StudyPicture): ScatterInput {
  const { results, record } = picture;
  const { best } = results;
  const parameter = chartedNumber(results);
  const symbol = parameterSymbol(parameter);
  return {
    title: `${results.study}: which ${symbol} is best`,
    symbol,
    scale: scaleKind(results),
    parameterLabel: parameterLabel(picture),
    metric: objectiveMetric(results),
    direction: results.objective.direction,
    stages: results.stages.map((stage) => ({
      name: stage.name,
      range: stageRange(stage, results),
      isNarrowed: isNarrowed(record, stage.name),
    })),
    trials: results.stages.flatMap(({ rows }) =>
      rows.flatMap((row) => {
        const isStopped = trialEnd(row.status, row.value, row.steps !== null) === 'stopped';
        const isShown = row.status === 'complete' || row.status === 'failed' || isStopped;
        return isShown ? placed({ ...row, isStopped }, parameter) : [];
      }),
    ),
    replicates: hasReplicates(results.stages) ? replicateDots(picture) : [],
    fit: results.fit,
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

/** The scatter within the finest range, for results that cannot be compared trial by trial. */
export function zoomInput(picture: StudyPicture): ScatterInput {
  const input = scatterInput(picture);
  // A bar of a range would be as wide as the axis.
  const stages = input.stages.map((stage) => ({ ...stage, isNarrowed: false }));
  const zoom = finestRange(picture);
  return { ...input, stages, subtitle: 'the finest range', zoom, hasFocus: false };
}

/** The last range that another stage's results gave; null if there is none. */
export function finestRange({ results }: StudyPicture): Range | null {
  const narrowed = results.stages.findLast(
    ({ reason, space }) => reason !== null && space !== null,
  );
  return narrowed === undefined ? null : stageRange(narrowed, results);
}

/**
 * Differences to the best trial.
 *
 * @param zoom the part of the parameter's axis to draw; null for all
 * @returns null if the trials were not compared, because the objective has no values per image
 */
export function differenceInput(picture: StudyPicture, zoom: Range | null): DifferenceInput | null {
  const { results } = picture;
  const { best, stages, study, validationCount } = results;
  const parameter = chartedNumber(results);
  const isDrawn = (at: number): boolean => zoom === null || (at >= zoom.min && at <= zoom.max);
  const trials = stages.flatMap(({ rows }) =>
    rows
      .flatMap((row) => placed(row, parameter))
      .flatMap(({ comparison, stage, trial, at }) =>
        comparison === null || !isDrawn(at) ? [] : [{ ...comparison, stage, trial, at }],
      ),
  );
  if (best === null || best.comparison === null || trials.length < 2) return null;
  const images =
    validationCount === null ? '' : ` on the same ${groupedNumber(validationCount)} images`;
  return {
    title: `${study}: difference to the best trial`,
    subtitle: `${zoom === null ? '' : 'the finest range; '}compared${images}`,
    symbol: parameterSymbol(parameter),
    scale: scaleKind(results),
    parameterLabel: parameterLabel(picture),
    metric: objectiveMetric(results),
    direction: results.objective.direction,
    stages: stages.map(({ name }) => name),
    ranges: zoom === null ? stages.map((stage) => stageRange(stage, results)) : [zoom],
    trials,
    best: { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

/** Seconds of training instead of the objective. */
export function secondsInput(picture: StudyPicture): ScatterInput {
  const input = scatterInput(picture);
  const seconds = new Map(
    picture.results.stages.flatMap(({ rows }) => rows.map((row) => [row.trial, row.seconds])),
  );
  return {
    ...input,
    title: `${picture.results.study}: training time`,
    metric: metricNamed('seconds'),
    direction: 'minimize',
    hasFocus: false,
    trials: input.trials.map((one) => ({ ...one, value: seconds.get(one.trial) ?? null })),
    replicates: [],
    fit: null,
    best: null,
  };
}

export function allCurvesInput({ results, trials }: StudyPicture) {
  const { best, study } = results;
  const parameter = chartedNumber(results);
  const metric = objectiveMetric(results);
  return {
    title: `${study}: ${metricName(metric)} of all trials`,
    symbol: parameterSymbol(parameter),
    scale: scaleKind(results),
    metric,
    trials: trials
      .filter(({ result, id }) => result !== null && id.replicate === 1)
      .flatMap((trial) => placed(trial, parameter))
      .map(({ id, at, result }) => ({ trial: trialName(id), at, curve: result?.curve ?? [] })),
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

export function historyInput({ results }: StudyPicture) {
  const { best, stages, study, objective } = results;
  const metric = objectiveMetric(results);
  return {
    title: `${study}: ${metricName(metric)} over the search`,
    metric,
    direction: objective.direction,
    stages: stages.map(({ name }) => name),
    trials: stages.flatMap(({ rows }) => rows.toSorted((a, b) => a.index - b.index)),
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

/** The number of the axis. A command that draws such a chart of another study was given one. */
function chartedNumber({ study, parameter }: StudyResults): ParameterName {
  assert(parameter !== null, () => `a chart of study ${study} has a parameter`);
  return parameter;
}

function scaleKind({ scales, parameter }: StudyResults): 'log' | 'linear' {
  const scale = scales[parameter ?? ''];
  return scale?.kind === 'linear' ? 'linear' : 'log';
}

/** A row or a trial with its number; none if the parameter is inactive in it. */
function placed<Item extends { readonly params: Params }>(
  item: Item,
  parameter: ParameterName,
): (Item & { readonly at: number })[] {
  const at = item.params[parameter];
  return typeof at === 'number' ? [{ ...item, at }] : [];
}

/** `λ (L2 strength, log scale)`. */
function parameterLabel({ results, parameterDescription }: StudyPicture): string {
  const description = parameterDescription?.replace(/^the /, '');
  const words = [
    ...(description === undefined ? [] : [description]),
    ...(scaleKind(results) === 'log' ? ['log scale'] : []),
  ];
  const symbol = parameterSymbol(chartedNumber(results));
  return words.length === 0 ? symbol : `${symbol} (${words.join(', ')})`;
}

/** `winner`, or `selected` if other trials have the same value. */
export function bestWord(results: StudyResults): string {
  const { best, winner, stages } = results;
  const isShared = stages
    .flatMap(({ rows }) => rows)
    .some(({ value, trial }) => value !== null && value === best?.value && trial !== best.trial);
  return winner !== null && isShared ? 'selected' : bestLabel(results);
}

function replicateDots({ trials, results }: StudyPicture): ScatterReplicate[] {
  return trials.flatMap((trial) => {
    const value = objectiveValue(trial, results.objective);
    if (value === null || !Number.isFinite(value)) return [];
    return placed(trial, chartedNumber(results)).map(({ id, at }) => {
      return { stage: id.stage, at, value };
    });
  });
}

export function trainAndValidationInput(picture: StudyPicture) {
  const { results } = picture;
  const { best, metrics, stages, study } = results;
  const parameter = chartedNumber(results);
  const [bestPlace] = best === null ? [] : placed(best, parameter);
  const trials = stages
    .flatMap((stage) => stage.rows)
    .flatMap((row) => placed(row, parameter))
    .map((row) => ({
      at: row.at,
      training: valueOn(row, metrics, 'accuracy', 'train'),
      validation: valueOn(row, metrics, 'accuracy', 'validation'),
    }));
  return {
    title: `${study}: training and validation accuracy`,
    symbol: parameterSymbol(parameter),
    scale: scaleKind(results),
    parameterLabel: parameterLabel(picture),
    ranges: stages.map((stage) => stageRange(stage, results)),
    best: bestPlace === undefined ? null : { at: bestPlace.at, label: bestWord(results) },
    trials,
  };
}
