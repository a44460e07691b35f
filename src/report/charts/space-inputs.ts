/** Space inputs: what the charts of several hyperparameters draw, from stored data. */
import { pairMap } from '../../search/analysis/importance.ts';
import { parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import { objectiveMetric } from '../results/result-fields.ts';
import type { ResultRow } from '../results/result-row.ts';
import { studyImportance } from '../results/study-importance.ts';
import type { StudyResults } from '../results/study-results.ts';
import { trialEnd } from '../results/trial-end.ts';
import { metricName } from '../text/number-format.ts';
import type { ImportanceChartInput } from './importance-chart.ts';
import type { PairInput } from './pair-chart.ts';
import { mapCells, type SliceInput, type SliceTrial } from './slice-chart-input.ts';
import { bestWord } from './study-inputs.ts';

type Parameter = SliceInput['parameters'][number];

/** The most important parameter first, else in the order of the study file. */
function slicedParameters(results: StudyResults): Parameter[] {
  const ranked = studyImportance(results)?.parameters.map(({ name }) => name);
  return (ranked ?? results.parameters).flatMap((name) => toParameter(name, results));
}

function toParameter(name: ParameterName, { scales }: StudyResults): Parameter[] {
  const scale = scales[name];
  return scale === undefined ? [] : [{ name, symbol: parameterSymbol(name), scale }];
}

export function sliceInput(results: StudyResults): SliceInput {
  const { best, objective, stages, study } = results;
  const metric = objectiveMetric(results);
  return {
    title: `${study}: ${metricName(metric)} by hyperparameter`,
    metric,
    direction: objective.direction,
    stages: stages.map(({ name }) => name),
    parameters: slicedParameters(results),
    trials: stages.flatMap(({ rows }) => rows.flatMap(toTrials)),
    best: best && { trial: best.trial, label: `${bestWord(results)} ${best.trial}` },
  };
}

/** None if it was not trained. */
function toTrials({ stage, trial, params, value, tied, status, steps }: ResultRow): SliceTrial[] {
  const end = trialEnd(status, value, steps !== null);
  return end === null ? [] : [{ stage, trial, params, value, tied, end }];
}

/** Null if the importance is unknown. */
export function importanceInput(results: StudyResults): ImportanceChartInput | null {
  const importance = studyImportance(results);
  if (importance === null) return null;
  const title = `${results.study}: importance of the hyperparameters`;
  return { title, metric: objectiveMetric(results), importance };
}

/** The pair with the strongest interplay; null if the importance is unknown. */
export function pairInput(results: StudyResults): PairInput | null {
  const importance = studyImportance(results);
  if (importance === null) return null;
  const { names } = importance.pair;
  const [[across], [up]] = [toParameter(names[0], results), toParameter(names[1], results)];
  if (across === undefined || up === undefined) return null;
  const cells = [mapCells(across.scale), mapCells(up.scale)] as const;
  const map = pairMap(results.importanceSource, names, cells);
  if (map === null) return null;
  const input = sliceInput(results);
  const title = `${results.study}: ${across.symbol} and ${up.symbol}`;
  return { ...input, title, parameters: [across, up], values: map.values };
}
