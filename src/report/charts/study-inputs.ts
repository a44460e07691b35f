/** Study inputs: what each chart of a study draws, from its stored data. */
import { objectiveValue } from '../../search/ranking/configurations.ts';
import type { Range } from '../../search/samplers/distribution.ts';
import { numberParam, parameterSymbol } from '../../study/search-space.ts';
import { trialName } from '../../study/trial.ts';
import { valueOn } from '../results/metric-values.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { bestLabel, hasReplicates } from '../results/result-words.ts';
import { isNarrowed, stageRange, type StudyResults } from '../results/study-results.ts';
import { groupedNumber, metricName, metricNamed } from '../text/number-format.ts';
import type { DifferenceInput } from './difference-chart.ts';
import type { ScatterInput, ScatterReplicate } from './scatter-scene.ts';
import type { StudyPicture } from './study-picture.ts';

export function scatterInput(picture: StudyPicture): ScatterInput {
  const { results, record } = picture;
  const { best, parameter } = results;
  const symbol = parameterSymbol(parameter);
  return {
    title: `${results.study}: which ${symbol} is best`,
    symbol,
    parameterLabel: parameterLabel(picture),
    metric: objectiveMetric(results),
    direction: results.objective.direction,
    stages: results.stages.map((stage) => ({
      name: stage.name,
      range: stageRange(stage, results),
      isNarrowed: isNarrowed(record, stage.name),
    })),
    trials: results.stages.flatMap(({ rows }) =>
      rows
        .filter(({ status }) => status === 'complete' || status === 'failed')
        .map((row) => ({ ...row, at: numberParam(row.params, parameter) })),
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
  const { best, parameter, stages, study, validationCount } = results;
  const isDrawn = (at: number): boolean => zoom === null || (at >= zoom.min && at <= zoom.max);
  const trials = stages.flatMap(({ rows }) =>
    rows.flatMap(({ comparison, stage, trial, params }) => {
      const at = numberParam(params, parameter);
      return comparison === null || !isDrawn(at) ? [] : [{ ...comparison, stage, trial, at }];
    }),
  );
  if (best === null || best.comparison === null || trials.length < 2) return null;
  const images =
    validationCount === null ? '' : ` on the same ${groupedNumber(validationCount)} images`;
  return {
    title: `${study}: difference to the best trial`,
    subtitle: `${zoom === null ? '' : 'the finest range; '}compared${images}`,
    symbol: parameterSymbol(parameter),
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
  const { best, parameter, study } = results;
  const metric = objectiveMetric(results);
  return {
    title: `${study}: ${metricName(metric)} of all trials`,
    symbol: parameterSymbol(parameter),
    metric,
    trials: trials
      .filter(({ result, id }) => result !== null && id.replicate === 1)
      .map(({ id, params, result }) => {
        return {
          trial: trialName(id),
          at: numberParam(params, parameter),
          curve: result?.curve ?? [],
        };
      }),
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

export function historyInput({ results }: StudyPicture) {
  const { best, stages, study, objective } = results;
  const metric = objectiveMetric(results);
  const index = ({ trial }: ResultRow): number => Number(trial.split('/')[1]);
  return {
    title: `${study}: ${metricName(metric)} over the search`,
    metric,
    direction: objective.direction,
    stages: stages.map(({ name }) => name),
    trials: stages.flatMap(({ rows }) => rows.toSorted((a, b) => index(a) - index(b))),
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

/** `λ (L2 strength, log scale)`. */
function parameterLabel({ results, parameterDescription }: StudyPicture): string {
  const description = parameterDescription?.replace(/^the /, '');
  const words = [...(description === undefined ? [] : [description]), 'log scale'];
  return `${parameterSymbol(results.parameter)} (${words.join(', ')})`;
}

/** `winner`, or `selected` if other trials have the same value. */
function bestWord(results: StudyResults): string {
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
    return [{ stage: trial.id.stage, at: numberParam(trial.params, results.parameter), value }];
  });
}

export function trainAndValidationInput(picture: StudyPicture) {
  const { results } = picture;
  const { best, metrics, parameter, stages, study } = results;
  const trials = stages
    .flatMap((stage) => stage.rows)
    .map((row) => ({
      at: numberParam(row.params, parameter),
      training: valueOn(row, metrics, 'accuracy', 'train'),
      validation: valueOn(row, metrics, 'accuracy', 'validation'),
    }));
  return {
    title: `${study}: training and validation accuracy`,
    symbol: parameterSymbol(parameter),
    parameterLabel: parameterLabel(picture),
    ranges: stages.map((stage) => stageRange(stage, results)),
    best: best && { at: numberParam(best.params, parameter), label: bestWord(results) },
    trials,
  };
}
