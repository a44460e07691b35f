/**
 * Charts of a study, by kind. Loading this module loads Plot, which takes some tenths of a second;
 * `chart-kinds.ts` has the kinds alone.
 */
import { assert } from '../../base/assert.ts';
import { parameterSymbol, type Params } from '../../study/search-space.ts';
import { trialName } from '../../study/trial.ts';
import { exampleLabel } from '../results/result-words.ts';
import { allCurves } from './all-curves.ts';
import { scientificText } from './axes.ts';
import type { ChartKind } from './chart-kinds.ts';
import type { ChartDocument, ChartElement, ChartTheme } from './chart-style.ts';
import { differenceChart } from './difference-chart.ts';
import { finalValues } from './final-values.ts';
import { historyChart } from './history-chart.ts';
import { importanceChart } from './importance-chart.ts';
import { learningCurve } from './learning-curve.ts';
import { pairChart } from './pair-chart.ts';
import { parallelCoordinates } from './parallel-coordinates.ts';
import { parameterScatter } from './parameter-scatter.ts';
import { cyclicalRateFrom } from './rate-cycles.ts';
import { sliceChart } from './slice-chart.ts';
import { importanceInput, pairInput, sliceInput } from './space-inputs.ts';
import {
  allCurvesInput,
  differenceInput,
  finestRange,
  historyInput,
  scatterInput,
  secondsInput,
  trainAndValidationInput,
  zoomInput,
} from './study-inputs.ts';
import type { StudyPicture } from './study-picture.ts';
import { trainAndValidation } from './train-and-validation.ts';
import { workerTimeline } from './worker-timeline.ts';

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
    case 'zoom': {
      const input = differenceInput(picture, finestRange(picture));
      return input === null
        ? parameterScatter(document, zoomInput(picture), theme)
        : differenceChart(document, input, theme);
    }
    case 'slices':
      return sliceChart(document, sliceInput(results), theme);
    case 'parallel':
      return parallelCoordinates(document, sliceInput(results), theme);
    case 'importance': {
      const input = importanceInput(results);
      assert(input, () => `the importance is known in study ${study}`);
      return importanceChart(document, input, theme);
    }
    case 'pair': {
      const input = pairInput(results);
      assert(input, () => `the importance is known in study ${study}`);
      return pairChart(document, input, theme);
    }
    case 'difference': {
      const input = differenceInput(picture, null);
      assert(input, () => `the trials of study ${study} were compared`);
      return differenceChart(document, input, theme);
    }
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
