/** Charts of the page, redrawn after a change of their data or of the width of their container. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { pageTheme, type ChartElement } from '../../report/charts/chart-style.ts';
import { learningCurve } from '../../report/charts/learning-curve.ts';
import { parameterScatter } from '../../report/charts/parameter-scatter.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { metricName } from '../../report/text/number-format.ts';
import { formatParams, parameterSymbol } from '../../study/search-space.ts';
import type { RunningCurve, StudyPage } from '../page-messages.ts';

export function Scatter({ page }: { readonly page: StudyPage }) {
  if (page.points.length === 0) return <p class="empty">Each trial that ends adds a point.</p>;
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

/** One small chart for each trial that is training. */
export function RunningCurves({ page }: { readonly page: StudyPage }) {
  return (
    <div class="small-charts">
      {page.curves.map((curve) => (
        <figure key={curve.trial}>
          <figcaption>
            {curve.trial}
            <span class="small"> {formatParams(curve.params)}</span>
          </figcaption>
          <Chart
            drawnFor={`${curve.trial} ${curve.points.at(-1)?.step}`}
            draw={(width) => drawCurve(curve, page, width)}
          />
        </figure>
      ))}
    </div>
  );
}

function drawCurve(curve: RunningCurve, { metrics, learningRate }: StudyPage, width: number) {
  const title = `learning curve of ${curve.trial}`;
  const series = [{ label: curve.trial, curve: curve.points }];
  const input = { title, series, metrics, learningRate, width, isSmall: true };
  return learningCurve(document, input, pageTheme);
}

interface ChartProps {
  /** The chart is redrawn when this changes. */
  readonly drawnFor: string;
  readonly draw: (width: number) => ChartElement;
}

function Chart({ drawnFor, draw }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      setWidth(Math.round(entry?.contentRect.width ?? 0));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width > 0) place.current?.replaceChildren(draw(width));
  }, [drawnFor, width]);
  return <div class="chart" ref={place} />;
}
