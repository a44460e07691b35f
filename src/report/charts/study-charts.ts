/**
 * The charts of a study, by name: what each shows, and how it is drawn from stored records.
 *
 * Loading this loads Plot, some tenths of a second; what only needs the names has `chart-kinds.ts`.
 */
import { assert } from '../../base/assert.ts';
import type { StudyRecord } from '../../study/study-record.ts';
import type { LambdaRange } from '../../study/spec/study-spec.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../study/trial.ts';
import type { ChartKind } from './chart-kinds.ts';
import type { ChartDocument, ChartElement, ChartTheme } from './chart-style.ts';
import { lambdaScatter } from './lambda-scatter.ts';
import { learningCurve, type CurveSeries } from './learning-curve.ts';
import type { LambdaScatterInput } from './scatter-scene.ts';
import { trainAndValidation } from './train-and-validation.ts';
import { workerTimeline } from './worker-timeline.ts';
import { bestLabel, errorSource, exampleLabel } from '../results/result-words.ts';
import type { StudyResults } from '../results/study-results.ts';

/** All that charts and the report are made of. */
export interface StudyPicture {
  readonly record: StudyRecord;
  readonly results: StudyResults;
  readonly attempts: readonly AttemptRecord[];
  /** Trials with whole curves, with the word that says what they are examples of. */
  readonly examples: readonly ExampleTrial[];
  /** Until where open attempts are drawn. */
  readonly nowMs: number;
}

export interface ExampleTrial {
  /** `best`, `median`, `worst`; empty for one that was asked for by name. */
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
  const rows = results.stages.flatMap((stage) => stage.rows);
  switch (kind) {
    case 'scatter':
      return lambdaScatter(document, scatterInput(picture), theme);
    case 'zoom': {
      const source = errorSource(results);
      const bars = source === null ? '' : `; bars are one standard error ${source}`;
      return lambdaScatter(
        document,
        {
          ...scatterInput(picture),
          subtitle: `the finest range${bars}`,
          zoom: finestRange(picture),
          showErrors: true,
        },
        theme,
      );
    }
    case 'train-validation':
      return trainAndValidation(
        document,
        { title: `${results.study}: training and validation accuracy`, trials: rows },
        theme,
      );
    case 'curves':
      return learningCurve(
        document,
        {
          title: `${results.study}: learning curves`,
          series: picture.examples.map((example) => seriesOf(example, results)),
          learningRate: record.spec.trainer.learningRate,
        },
        theme,
      );
    case 'timeline':
      return workerTimeline(
        document,
        {
          title: `${results.study}: workers`,
          attempts: picture.attempts,
          nowMs: picture.nowMs,
        },
        theme,
      );
  }
}

/** The last range that was found from another stage; null where there is none. */
function finestRange({ results }: StudyPicture): LambdaRange | null {
  return (
    results.stages.findLast(({ reason, range }) => reason !== null && range !== null)?.range ?? null
  );
}

function scatterInput({ results, record }: StudyPicture): LambdaScatterInput {
  const { best } = results;
  return {
    title: `${results.study}: which λ is best`,
    objective: results.objective,
    stages: results.stages.map(({ name, range }) => ({
      name,
      range,
      isNarrowed: record.spec.stages.find((stage) => stage.name === name)?.lambda.kind === 'narrow',
    })),
    trials: results.stages.flatMap(({ rows }) =>
      rows.filter(({ status }) => status === 'complete' || status === 'failed'),
    ),
    fit: results.fit,
    best:
      best === null ? null : { trial: best.trial, label: `${bestLabel(results)} ${best.trial}` },
  };
}

function seriesOf(example: ExampleTrial, results: StudyResults): CurveSeries {
  const { trial } = example;
  assert(trial.result, () => `${trialName(trial.id)} was trained`);
  return { label: exampleLabel(example, results), curve: trial.result.curve };
}
