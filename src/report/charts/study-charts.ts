/**
 * Charts of a study, by kind: their inputs, from stored records. Loading this module loads Plot, which takes
 * some tenths of a second; `chart-kinds.ts` has the kinds alone.
 */
import { assert } from '../../base/assert.ts';
import { objectiveValue } from '../../search/ranking/configurations.ts';
import { numberParam, parameterSymbol, type Params } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import { valueOn } from '../results/metric-values.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { bestLabel, hasReplicates, exampleLabel } from '../results/result-words.ts';
import { isNarrowed, stageRange, type StudyResults } from '../results/study-results.ts';
import { metricName, metricNamed } from '../text/number-format.ts';
import { allCurves } from './all-curves.ts';
import { scientificText } from './axes.ts';
import type { ChartKind } from './chart-kinds.ts';
import type { ChartDocument, ChartElement, ChartTheme } from './chart-style.ts';
import { finalValues } from './final-values.ts';
import { historyChart } from './history-chart.ts';
import { learningCurve } from './learning-curve.ts';
import { parameterScatter } from './parameter-scatter.ts';
import { cyclicalRateFrom } from './rate-cycles.ts';
import type { ScatterInput, ScatterReplicate } from './scatter-scene.ts';
import { trainAndValidation } from './train-and-validation.ts';
import { workerTimeline } from './worker-timeline.ts';

/** What charts and the report are made from. */
export interface StudyPicture {
  readonly record: StudyRecord;
  readonly results: StudyResults;
  /** All trials; their curves are whole only for the kinds that draw all of them. */
  readonly trials: readonly TrialRecord[];
  readonly attempts: readonly AttemptRecord[];
  /** Trials with whole curves. */
  readonly examples: readonly ExampleTrial[];
  /** What the parameter of charts is, such as `the L2 strength`; null if unknown. */
  readonly parameterDescription: string | null;
  /** How the trainer trains, in sentences. */
  readonly method: readonly string[];
  /** End of the bars of open attempts. */
  readonly nowMs: number;
}

export interface ExampleTrial {
  /** `best`, `median` or `worst`; empty for a trial that the user named. */
  readonly role: string;
  readonly trial: TrialRecord;
}

/** Fewer measurements of each trial are no curve. */
const curveMin = 3;

export function drawStudyChart(
  document: ChartDocument,
  kind: ChartKind,
  picture: StudyPicture,
  theme: ChartTheme,
): ChartElement {
  const { results, record } = picture;
  const { study } = results;
  switch (kind) {
    case 'scatter':
      return parameterScatter(document, scatterInput(picture), theme);
    case 'zoom':
      return parameterScatter(document, zoomInput(picture), theme);
    case 'train-validation':
      return trainAndValidation(document, trainAndValidationInput(picture), theme);
    case 'curves':
      return drawCurves(document, picture, theme);
    case 'all-curves':
      return allCurves(document, allCurvesInput(picture), theme);
    case 'history':
      return historyChart(document, historyInput(picture), theme);
    case 'seconds':
      return parameterScatter(document, secondsInput(picture), theme);
    case 'timeline': {
      const { attempts, nowMs } = picture;
      const stages = record.spec.stages.map(({ name }) => name);
      const input = { title: `${study}: workers`, stages, attempts, nowMs };
      return workerTimeline(document, input, theme);
    }
  }
}

function scatterInput(picture: StudyPicture): ScatterInput {
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

/** The scatter within the last range that another stage's results gave; all of it if there is none. */
function zoomInput(picture: StudyPicture): ScatterInput {
  const { results } = picture;
  const narrowed = results.stages.findLast(
    ({ reason, space }) => reason !== null && space !== null,
  );
  return {
    ...scatterInput(picture),
    subtitle: 'the finest range',
    zoom: narrowed ? stageRange(narrowed, results) : null,
  };
}

/** Seconds of training instead of the objective. */
function secondsInput(picture: StudyPicture): ScatterInput {
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

function allCurvesInput({ results, trials }: StudyPicture) {
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

function historyInput({ results }: StudyPicture) {
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

function trainAndValidationInput(picture: StudyPicture) {
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

/** Curves, or the last values of trials that were measured too rarely for a curve. */
function drawCurves(
  document: ChartDocument,
  { examples, record, results }: StudyPicture,
  theme: ChartTheme,
): ChartElement {
  const { study, metrics } = results;
  const series = examples.map((example) => {
    const { result, id } = example.trial;
    assert(result, () => `${trialName(id)} was trained`);
    return { label: exampleLabel(example, results, paramsText), curve: result.curve };
  });
  const [first] = examples;
  const isNamed = first?.role === '';
  const title = isNamed
    ? `${study}: learning curve of ${trialName(first.trial.id)}`
    : `${study}: learning curves`;
  const subtitle = isNamed ? series[0]?.label : undefined;
  const most = series.reduce((max, { curve }) => Math.max(max, curve.length), 0);
  if (most < curveMin) return finalValues(document, { title, series, metrics }, theme);
  const learningRate = cyclicalRateFrom(record.spec.trainer);
  const input = { title, subtitle, series, metrics, learningRate, isSmall: true };
  return learningCurve(document, input, theme);
}

function paramsText(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => {
      const text = typeof value === 'number' ? scientificText(value) : String(value);
      return `${parameterSymbol(name)} ${text}`;
    })
    .join(', ');
}
