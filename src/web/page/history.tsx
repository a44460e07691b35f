/** History: the value of each trial in the order of sampling, and the best value so far. */
import { pageTheme } from '../../report/charts/chart-style.ts';
import { historyChart } from '../../report/charts/history-chart.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { metricName } from '../../report/text/number-format.ts';
import { parseTrialName } from '../../study/trial.ts';
import type { ScatterPoint, StudyPage } from '../page-messages.ts';
import { Chart } from './chart.tsx';

export function History({ page }: { readonly page: StudyPage }) {
  const metric = objectiveMetric(page);
  const { best, objective } = page;
  const stages = page.stages.map(({ name }) => name);
  return (
    <Chart
      drawnFor={JSON.stringify([page.study, page.points, bestLabel(page)])}
      draw={(width) =>
        historyChart(
          document,
          {
            title: `${page.study}: ${metricName(metric)} over the search`,
            metric,
            direction: objective.direction,
            stages,
            trials: page.points
              .toSorted((a, b) => a[0] - b[0] || indexIn(a) - indexIn(b))
              .map(([stage, , value, trial, , , , replicates]) => ({
                stage: stages[stage] ?? '',
                trial,
                value,
                replicates,
              })),
            best: best && { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
          },
          { ...pageTheme, width },
        )
      }
    />
  );
}

/** Number of the configuration in its stage: 7 in `coarse/7`. */
function indexIn([, , , trial]: ScatterPoint): number {
  return parseTrialName(trial)?.index ?? 0;
}
