/** Slices: the objective against each hyperparameter, and the importance of the hyperparameters. */
import { pageTheme } from '../../report/charts/chart-style.ts';
import { importanceChart } from '../../report/charts/importance-chart.ts';
import { sliceChart } from '../../report/charts/slice-chart.ts';
import type { SliceInput } from '../../report/charts/slice-chart-input.ts';
import { importanceMethod, importanceSentence } from '../../report/results/importance-words.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { metricName } from '../../report/text/number-format.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import { Chart } from './chart.tsx';
import { ExplorableChart } from './explorable-chart.tsx';
import type { HoveredTrial } from './hovered-trial.ts';
import { Point } from './point.tsx';
import { trialAddress } from './route.ts';

interface SlicesProps {
  readonly page: StudyPage;
  readonly hovered: HoveredTrial;
}

export function Slices({ page, hovered }: SlicesProps) {
  const { importance } = page;
  const metric = objectiveMetric(page);
  return (
    <>
      <ExplorableChart
        drawnFor={JSON.stringify([page.study, page.points, page.scales, bestLabel(page)])}
        draw={(width) => sliceChart(document, sliceInput(page), { ...pageTheme, width })}
        hovered={hovered}
        describe={(trial) => <Point page={page} trial={trial} />}
        onOpen={(trial) => (location.hash = trialAddress(page.study, trial))}
        // The panels have different axes.
        onZoom={() => undefined}
      />
      {importance !== null && (
        <>
          <h3>Importance of the hyperparameters</h3>
          <p>{importanceSentence(importance)}</p>
          <Chart
            drawnFor={JSON.stringify(importance)}
            draw={(width) =>
              importanceChart(
                document,
                { title: `${page.study}: importance`, metric, importance },
                { ...pageTheme, width },
              )
            }
          />
          <p class="small">{importanceMethod(importance, metric)}</p>
        </>
      )}
    </>
  );
}

function sliceInput(page: StudyPage): SliceInput {
  const { best, importance, parameters, points, scales, stages, study } = page;
  const metric = objectiveMetric(page);
  const names = importance?.parameters.map(({ name }) => name) ?? parameters;
  return {
    title: `${study}: ${metricName(metric)} by hyperparameter`,
    metric,
    direction: page.objective.direction,
    stages: stages.map(({ name }) => name),
    parameters: names.flatMap((name) => {
      const scale = scales[name];
      return scale === undefined ? [] : [{ name, symbol: parameterSymbol(name), scale }];
    }),
    trials: points.map(([stage, , value, trial, tied, , , , params, isStopped]) => ({
      stage: stages[stage]?.name ?? '',
      trial,
      params: params ?? {},
      value,
      tied,
      end: value !== null ? 'complete' : isStopped === true ? 'stopped' : 'diverged',
    })),
    best: best && { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
  };
}
