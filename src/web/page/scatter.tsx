/** Scatter: the parameter against the objective, one dot for each trial. */
import { pageTheme } from '../../report/charts/chart-style.ts';
import { parameterScatter } from '../../report/charts/parameter-scatter.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { countText, metricName } from '../../report/text/number-format.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import { Chart } from './chart.tsx';

export function Scatter({ page }: { readonly page: StudyPage }) {
  if (page.points.every(([, , value]) => value === null)) {
    const failed = page.points.length;
    const text = failed === 0 ? 'Each trial that ends adds a point.' : failedText(failed);
    return <p class="empty">{text}</p>;
  }
  const { best, parameter } = page;
  const metric = objectiveMetric(page);
  const symbol = parameterSymbol(parameter);
  return (
    <Chart
      // The data of the drawing; the whole page changes with every step of a trial.
      drawnFor={JSON.stringify([
        page.study,
        page.points,
        page.stages.map((stage) => stage.space),
        page.fit,
        bestLabel(page),
      ])}
      draw={(width) =>
        parameterScatter(
          document,
          {
            title: `${symbol} against ${metricName(metric)}`,
            symbol,
            metric,
            direction: page.objective.direction,
            stages: page.stages.map(({ name, space, isNarrowed }) => ({
              name,
              range: space?.[parameter] ?? null,
              isNarrowed,
            })),
            trials: page.points.map(([stage, at, value, trial, tied]) => ({
              stage: page.stages[stage]?.name ?? '',
              trial,
              at,
              value,
              tied,
            })),
            fit: page.fit,
            best: best && { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
            width,
            height: Math.min(420, Math.max(260, width * 0.45)),
          },
          pageTheme,
        )
      }
    />
  );
}

/** Without any value, the axis would be empty. */
function failedText(count: number): string {
  return `No trial has a value: ${countText(count, 'trial')} failed. The ranking has the reasons.`;
}
