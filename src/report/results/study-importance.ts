/** Study importance: the importance of the hyperparameters of a study, from all its configurations. */
import { oncePer } from '../../base/once-per.ts';
import {
  parameterImportance,
  type Importance,
  type ImportanceSource,
} from '../../search/analysis/importance.ts';
import type { ParameterScale } from '../../search/analysis/parameter-scale.ts';
import { searchedParameters } from '../../search/analysis/study-statistics.ts';
import type { RankedConfiguration } from '../../search/ranking/ranking.ts';
import type { Metric } from '../../study/metrics.ts';
import type { ParameterName } from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { metricNamed } from '../text/number-format.ts';
import type { StudyResults } from './study-results.ts';
import { trialEnd } from './trial-end.ts';

/** Configurations that were trained: they have a value, diverged or were stopped. Those without a result are left out. */
export function importanceSource(
  spec: Pick<StudySpec, 'objective' | 'seed' | 'stages'>,
  metrics: readonly Metric[],
  scales: Readonly<Record<ParameterName, ParameterScale>>,
  ranked: readonly RankedConfiguration[],
): ImportanceSource {
  const { objective, seed } = spec;
  return {
    parameters: searchedParameters(spec).flatMap((name) => {
      const scale = scales[name];
      return scale === undefined ? [] : [{ name, scale }];
    }),
    points: ranked
      .filter(({ value, status, trial }) => trialEnd(status, value, trial.result !== null) !== null)
      .map(({ trial, value }) => ({ params: trial.params, value })),
    direction: objective.direction,
    isShare: metricNamed(objective.metric, metrics).unit === 'share',
    seed,
  };
}

const importanceOf = oncePer((source: ImportanceSource) => parameterImportance(source));

/** Null if it is unknown (`search/analysis/importance.ts`). A selection of rows does not change it. */
export function studyImportance({
  importanceSource: source,
}: Pick<StudyResults, 'importanceSource'>): Importance | null {
  return importanceOf(source);
}
