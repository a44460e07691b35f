/**
 * The charts of the page: the same code that draws files and reports, with this page's document.
 *
 * An SVG is drawn again when its data or the width of its place has changed.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { pageTheme, type ChartElement } from '../../report/charts/chart-style.ts';
import { lambdaScatter } from '../../report/charts/lambda-scatter.ts';
import { learningCurve } from '../../report/charts/learning-curve.ts';
import { lambdaText, metricName } from '../../report/text/number-format.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import type { RunningCurve, StudyPage } from '../page-messages.ts';

export function Scatter({ page }: { readonly page: StudyPage }) {
  if (page.points.length === 0)
    return <p class="empty">A point appears with every trial that ends.</p>;
  const { best } = page;
  return (
    <Chart
      // What the drawing depends on: not the whole page, which changes with every step of a trial.
      drawnFor={JSON.stringify([
        page.study,
        page.points,
        page.stages.map((stage) => stage.range),
        page.fit,
        bestLabel(page),
      ])}
      draw={(width) =>
        lambdaScatter(
          document,
          {
            title: `λ against ${metricName(page.objective.metric)}`,
            objective: page.objective,
            stages: page.stages,
            trials: page.points.map(([stage, lambda, value, trial, tied]) => ({
              stage: page.stages[stage]?.name ?? '',
              trial,
              lambda,
              value,
              tied,
            })),
            fit: page.fit,
            best:
              best === null
                ? null
                : { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
            width,
            height: Math.min(420, Math.max(260, width * 0.45)),
          },
          pageTheme,
        )
      }
    />
  );
}

interface RunningCurvesProps {
  readonly page: StudyPage;
}

/** One small chart a trial that is training now. */
export function RunningCurves({ page }: RunningCurvesProps) {
  return (
    <div class="small-charts">
      {page.curves.map((curve) => (
        <figure key={curve.trial}>
          <figcaption>
            {curve.trial}
            <span class="small"> λ = {lambdaText(curve.lambda)}</span>
          </figcaption>
          <CurveChart curve={curve} page={page} />
        </figure>
      ))}
    </div>
  );
}

function CurveChart({ curve, page }: { readonly curve: RunningCurve; readonly page: StudyPage }) {
  return (
    <Chart
      drawnFor={`${curve.trial} ${curve.points.at(-1)?.step}`}
      draw={(width) =>
        learningCurve(
          document,
          {
            title: `learning curve of ${curve.trial}`,
            series: [{ label: curve.trial, curve: curve.points }],
            learningRate: page.learningRate,
            width,
            isSmall: true,
          },
          pageTheme,
        )
      }
    />
  );
}

interface ChartProps {
  /** Drawn again when this changes. */
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
    if (width > 0) place.current?.replaceChildren(onePicture(draw(width)));
  }, [drawnFor, width]);
  return <div class="chart" ref={place} />;
}

/** A chart is one image with a title and a description; Plot's names of its parts would be read beside them. */
function onePicture(chart: ChartElement): ChartElement {
  for (const part of chart.querySelectorAll('g[aria-label]')) {
    part.setAttribute('data-mark', part.getAttribute('aria-label') ?? '');
    part.removeAttribute('aria-label');
  }
  return chart;
}
