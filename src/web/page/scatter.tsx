/** Scatter: the parameter against the objective, one dot for each trial, with zoom. */
import { useState } from 'preact/hooks';
import { pageTheme } from '../../report/charts/chart-style.ts';
import { parameterScatter } from '../../report/charts/parameter-scatter.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel, hasReplicates } from '../../report/results/result-words.ts';
import { countText, groupedNumber, metricName } from '../../report/text/number-format.ts';
import { numberRange, parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import type { StudyPage } from '../page-messages.ts';
import type { Zoom } from './dot-places.ts';
import { ExplorableChart } from './explorable-chart.tsx';
import { History } from './history.tsx';
import type { HoveredTrial } from './hovered-trial.ts';
import { trialAddress } from './route.ts';
import { Point } from './point.tsx';
import { scatterInput } from './scatter-input.ts';
import { Slices } from './slices.tsx';

interface ScatterProps {
  readonly page: StudyPage;
  readonly hovered: HoveredTrial;
}

export function Scatter({ page, hovered }: ScatterProps) {
  const { parameter } = page;
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
          {headText(page, isHistory)}
        </h2>
        {hasValue && hasHistory && (
          <button type="button" aria-pressed={isHistory} onClick={() => setHistory(!isHistory)}>
            history
          </button>
        )}
        {hasValue && !isHistory && parameter !== null && (
          <ZoomButtons page={page} parameter={parameter} zoom={zoom} onZoom={setZoom} />
        )}
      </div>
      {hasValue && isHistory && <History page={page} />}
      {hasValue && !isHistory && parameter === null && <Slices page={page} hovered={hovered} />}
      {hasValue && !isHistory && parameter !== null && (
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
          draw={(width) =>
            parameterScatter(document, scatterInput(page, parameter, zoom, width), pageTheme)
          }
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

/** `λ against validation accuracy`. */
function headText(page: StudyPage, isHistory: boolean): string {
  const metric = metricName(objectiveMetric(page));
  if (isHistory) return `history of ${metric}`;
  return page.parameter === null
    ? `${metric} by hyperparameter`
    : `${parameterSymbol(page.parameter)} against ${metric}`;
}

interface ZoomButtonsProps {
  readonly page: StudyPage;
  readonly parameter: ParameterName;
  readonly zoom: Partial<Zoom>;
  readonly onZoom: (zoom: Partial<Zoom>) => void;
}

/** The whole chart, or the range of a stage; any other part is drawn with the mouse. */
function ZoomButtons({ page, parameter, zoom, onZoom }: ZoomButtonsProps) {
  const narrowed = page.stages.flatMap(({ name, isNarrowed, space }) => {
    const range = numberRange(space?.[parameter]);
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

/** Without any value, the axis would be empty. */
function emptyText(failed: number): string {
  if (failed === 0) return 'Each trial that ends adds a point.';
  return `No trial has a value: ${countText(failed, 'trial')} failed. The ranking has the reasons.`;
}
