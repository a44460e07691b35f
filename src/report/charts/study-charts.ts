/**
 * Charts of a study, by kind: their inputs, from stored records. Loading this module loads Plot, which takes
 * some tenths of a second; `chart-kinds.ts` has the kinds alone.
 */
import { assert } from '../../base/assert.ts';
import { numberParam, parameterSymbol } from '../../study/search-space.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import { valueOn } from '../results/metric-values.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import { bestLabel, errorSource, exampleLabel } from '../results/result-words.ts';
import { isNarrowed, stageRange, type StudyResults } from '../results/study-results.ts';
import type { ChartKind } from './chart-kinds.ts';
import type { ChartDocument, ChartElement, ChartTheme } from './chart-style.ts';
import { learningCurve } from './learning-curve.ts';
import { parameterScatter } from './parameter-scatter.ts';
import { cyclicalRateFrom } from './rate-cycles.ts';
import type { ScatterInput } from './scatter-scene.ts';
import { trainAndValidation } from './train-and-validation.ts';
import { workerTimeline } from './worker-timeline.ts';

/** What charts and the report are made from. */
export interface StudyPicture {
  readonly record: StudyRecord;
  readonly results: StudyResults;
  readonly attempts: readonly AttemptRecord[];
  /** Trials with whole curves. */
  readonly examples: readonly ExampleTrial[];
  /** End of the bars of open attempts. */
  readonly nowMs: number;
}

export interface ExampleTrial {
  /** `best`, `median` or `worst`; empty for a trial that the user named. */
  readonly role: string;
  readonly trial: TrialRecord;
}

export function drawStudyChart(
  document: ChartDocument,
  kind: ChartKind,
  picture: StudyPicture,
  theme: ChartTheme,
): ChartElement {
  const { results, record } = picture;
  const { study, metrics, parameter } = results;
  switch (kind) {
    case 'scatter':
      return parameterScatter(document, scatterInput(picture), theme);
    case 'zoom':
      return parameterScatter(document, zoomInput(picture), theme);
    case 'train-validation': {
      const rows = results.stages.flatMap((stage) => stage.rows);
      const trials = rows.map((row) => ({
        at: numberParam(row.params, parameter),
        training: valueOn(row, metrics, 'accuracy', 'train'),
        validation: valueOn(row, metrics, 'accuracy', 'validation'),
      }));
      const title = `${study}: training and validation accuracy`;
      const symbol = parameterSymbol(parameter);
      return trainAndValidation(document, { title, symbol, trials }, theme);
    }
    case 'curves': {
      const series = picture.examples.map((example) => {
        const { result, id } = example.trial;
        assert(result, () => `${trialName(id)} was trained`);
        return { label: exampleLabel(example, results), curve: result.curve };
      });
      const learningRate = cyclicalRateFrom(record.spec.trainer);
      const title = `${study}: learning curves`;
      return learningCurve(document, { title, series, metrics, learningRate }, theme);
    }
    case 'timeline': {
      const { attempts, nowMs } = picture;
      return workerTimeline(document, { title: `${study}: workers`, attempts, nowMs }, theme);
    }
  }
}

function scatterInput({ results, record }: StudyPicture): ScatterInput {
  const { best, parameter } = results;
  const symbol = parameterSymbol(parameter);
  return {
    title: `${results.study}: which ${symbol} is best`,
    symbol,
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
    fit: results.fit,
    best: best && { trial: best.trial, label: `${bestLabel(results)} ${best.trial}` },
  };
}

/** The scatter within the last range that another stage's results gave; all of it if there is none. */
function zoomInput(picture: StudyPicture): ScatterInput {
  const { results } = picture;
  const narrowed = results.stages.findLast(
    ({ reason, space }) => reason !== null && space !== null,
  );
  const source = errorSource(results);
  return {
    ...scatterInput(picture),
    subtitle: `the finest range${source === null ? '' : `; bars are one standard error ${source}`}`,
    zoom: narrowed ? stageRange(narrowed, results) : null,
    showErrors: true,
  };
}
