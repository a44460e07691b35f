/** Scatter: the parameter against the objective, one dot for each trial, with zoom. */
import { useState } from 'preact/hooks';
import { pageTheme } from '../../report/charts/chart-style.ts';
import { parameterScatter } from '../../report/charts/parameter-scatter.ts';
import type { ScatterInput } from '../../report/charts/scatter-scene.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel, hasReplicates } from '../../report/results/result-words.ts';
import {
  countText,
  groupedNumber,
  metricName,
  valueWithError,
} from '../../report/text/number-format.ts';
import { formatParam, numberRange, parameterSymbol } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import type { Zoom } from './dot-places.ts';
import { ExplorableChart } from './explorable-chart.tsx';
import { History } from './history.tsx';
import type { HoveredTrial } from './hovered-trial.ts';
import { trialAddress } from './route.ts';

interface ScatterProps {
  readonly page: StudyPage;
  readonly hovered: HoveredTrial;
}

export function Scatter({ page, hovered }: ScatterProps) {
  const [zoom, setZoom] = useState<Partial<Zoom>>({});
  const [isHistory, setHistory] = useState(false);
  // A selection of the trials has no history.
  const hasHistory = page.points.length === page.pointsTotal;
  const hasValue = page.points.some(([, , value]) => value !== null);
  return (
    <section aria-labelledby="scatter">
      <div class="title">
        <h2 id="scatter">
          Every {hasReplicates(page.stages) ? 'configuration' : 'trial'}:{' '}
          {isHistory ? 'history of' : `${parameterSymbol(page.parameter)} against`}{' '}
          {metricName(objectiveMetric(page))}
        </h2>
        {hasValue && hasHistory && (
          <button type="button" aria-pressed={isHistory} onClick={() => setHistory(!isHistory)}>
            history
          </button>
        )}
        {hasValue && !isHistory && <ZoomButtons page={page} zoom={zoom} onZoom={setZoom} />}
      </div>
      {hasValue && isHistory && <History page={page} />}
      {hasValue && !isHistory && (
        <ExplorableChart
          // The data of the drawing; the whole page changes with every step of a trial.
          drawnFor={JSON.stringify([
            page.study,
            page.points,
            page.stages.map((stage) => stage.space),
            page.fit,
            bestLabel(page),
            zoom,
          ])}
          draw={(width) => parameterScatter(document, scatterInput(page, zoom, width), pageTheme)}
          hovered={hovered}
          describe={(trial) => <Point page={page} trial={trial} />}
          onOpen={(trial) => (location.hash = trialAddress(page.study, trial))}
          onZoom={setZoom}
        />
      )}
      {!hasValue && <p class="empty">{emptyText(page.points.length)}</p>}
      {page.points.length < page.pointsTotal && (
        <p class="small">
          {groupedNumber(page.points.length)} of {groupedNumber(page.pointsTotal)} are drawn: the
          best of each area. The table has all.
        </p>
      )}
    </section>
  );
}

interface ZoomButtonsProps {
  readonly page: StudyPage;
  readonly zoom: Partial<Zoom>;
  readonly onZoom: (zoom: Partial<Zoom>) => void;
}

/** The whole chart, or the range of a stage; any other part is drawn with the mouse. */
function ZoomButtons({ page, zoom, onZoom }: ZoomButtonsProps) {
  const narrowed = page.stages.flatMap(({ name, isNarrowed, space }) => {
    const range = numberRange(space?.[page.parameter]);
    return isNarrowed && range !== null ? [{ name, at: { min: range.min, max: range.max } }] : [];
  });
  const isAll = zoom.at === undefined;
  return (
    <span class="controls" role="group" aria-label="Zoom">
      <button type="button" aria-pressed={isAll} onClick={() => onZoom({})}>
        {isAll ? 'all' : 'reset zoom'}
      </button>
      {narrowed.map(({ name, at }) => (
        <button
          type="button"
          key={name}
          aria-pressed={
            zoom.values === undefined && zoom.at?.min === at.min && zoom.at.max === at.max
          }
          onClick={() => onZoom({ at })}
        >
          range of {name}
        </button>
      ))}
      <span class="small mouse">draw a rectangle to zoom, click a dot to open its trial</span>
    </span>
  );
}

function Point({ page, trial }: { readonly page: StudyPage; readonly trial: string }) {
  const point = page.points.find(([, , , name]) => name === trial);
  if (point === undefined) return null;
  const [, at, value, , tied, error, rank] = point;
  const metric = objectiveMetric(page);
  return (
    <>
      <a href={trialAddress(page.study, trial)}>{trial}</a>
      <br />
      {parameterSymbol(page.parameter)} {formatParam(at)}
      <br />
      {value === null ? 'failed' : valueWithError(metric, value, error)}
      {rank !== null && <span class="block">rank {groupedNumber(rank)} in the study</span>}
      {tied === false && <span class="block">significantly worse than the best</span>}
    </>
  );
}

function scatterInput(page: StudyPage, zoom: Partial<Zoom>, width: number): ScatterInput {
  const { best, parameter } = page;
  const metric = objectiveMetric(page);
  const symbol = parameterSymbol(parameter);
  return {
    title: `${symbol} against ${metricName(metric)}`,
    symbol,
    metric,
    direction: page.objective.direction,
    stages: page.stages.map(({ name, space, isNarrowed }) => ({
      name,
      range: numberRange(space?.[parameter]),
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
    zoom: zoom.at ?? null,
    valueZoom: zoom.values ?? null,
    width,
  };
}

/** Without any value, the axis would be empty. */
function emptyText(failed: number): string {
  if (failed === 0) return 'Each trial that ends adds a point.';
  return `No trial has a value: ${countText(failed, 'trial')} failed. The ranking has the reasons.`;
}
