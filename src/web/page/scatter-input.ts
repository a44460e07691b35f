/** Scatter input: what a scatter draws, from the page of a study. */
import type { ScatterInput } from '../../report/charts/scatter-scene.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { metricName } from '../../report/text/number-format.ts';
import { numberRange, parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import type { Zoom } from './dot-places.ts';

export function scatterInput(
  page: StudyPage,
  parameter: ParameterName,
  zoom: Partial<Zoom>,
  width: number,
): ScatterInput {
  const { best } = page;
  const metric = objectiveMetric(page);
  const symbol = parameterSymbol(parameter);
  return {
    title: `${symbol} against ${metricName(metric)}`,
    symbol,
    scale: page.scales[parameter]?.kind === 'linear' ? 'linear' : 'log',
    metric,
    direction: page.objective.direction,
    stages: page.stages.map(({ name, space, isNarrowed }) => ({
      name,
      range: numberRange(space?.[parameter]),
      isNarrowed,
    })),
    trials: page.points.map(([stage, at, value, trial, tied, , , , , isStopped = false]) => ({
      stage: page.stages[stage]?.name ?? '',
      trial,
      at: at ?? 0,
      value,
      tied,
      isStopped,
    })),
    fit: page.fit,
    best: best && { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
    zoom: zoom.at ?? null,
    valueZoom: zoom.values ?? null,
    width,
  };
}
