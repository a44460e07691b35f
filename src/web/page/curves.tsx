/** Learning curves: of one trial, and of the selected trials in one chart. */
import { useState } from 'preact/hooks';
import { allCurves } from '../../report/charts/all-curves.ts';
import { pageTheme } from '../../report/charts/chart-style.ts';
import { learningCurve } from '../../report/charts/learning-curve.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { bestLabel } from '../../report/results/result-words.ts';
import { metricName } from '../../report/text/number-format.ts';
import { formatParams, parameterSymbol, type ParameterName } from '../../study/search-space.ts';
import type { StudyPage, TrialCurve } from '../page-messages.ts';
import { Chart } from './chart.tsx';
import { requestCurves } from './study-requests.ts';
import { useAnswer } from './use-answer.ts';

interface CurvesProps {
  readonly curves: readonly TrialCurve[];
  readonly page: StudyPage;
  readonly title: string;
  /** Whether it is one of many charts. */
  readonly isSmall?: boolean;
}

export function Curves({ curves, page, title, isSmall = false }: CurvesProps) {
  const drawnFor = curves.map(({ trial, points }) => `${trial} ${points.at(-1)?.step}`);
  const { metrics, learningRate } = page;
  return (
    <Chart
      drawnFor={JSON.stringify(drawnFor)}
      draw={(width) => {
        const series = curves.map(({ trial, params, points }) => ({
          label: curves.length === 1 ? trial : `${trial}, ${formatParams(params, page.styles)}`,
          curve: points,
        }));
        return learningCurve(
          document,
          { title, series, metrics, learningRate, width, isSmall },
          pageTheme,
        );
      }}
    />
  );
}

/** The objective alone, coloured by the parameter. */
function CurvesByParameter({
  curves,
  page,
  parameter,
}: Pick<CurvesProps, 'curves' | 'page'> & { readonly parameter: ParameterName }) {
  const metric = objectiveMetric(page);
  const { best } = page;
  return (
    <Chart
      drawnFor={JSON.stringify(curves.map(({ trial, points }) => [trial, points.at(-1)?.step]))}
      draw={(width) =>
        allCurves(
          document,
          {
            title: `${page.study}: ${metricName(metric)} of the selected trials`,
            symbol: parameterSymbol(parameter),
            scale: page.scales[parameter]?.kind === 'linear' ? 'linear' : 'log',
            metric,
            trials: curves.flatMap(({ trial, params, points }) => {
              const at = params[parameter];
              return typeof at === 'number' ? [{ trial, at, curve: points }] : [];
            }),
            best: best && { trial: best.trial, label: `${bestLabel(page)} ${best.trial}` },
          },
          { ...pageTheme, width },
        )
      }
    />
  );
}

interface SelectedCurvesProps {
  readonly page: StudyPage;
  readonly selected: readonly string[];
  readonly onClear: () => void;
}

/** The curves of the selected rows, in one chart. */
export function SelectedCurves({ page, selected, onClear }: SelectedCurvesProps) {
  const key = selected.length === 0 ? null : selected.join(' ');
  const [isByParameter, setByParameter] = useState(false);
  const answer = useAnswer(key, page, () => requestCurves(page.study, selected));
  if (selected.length === 0) return null;
  const { parameter } = page;
  const curves = (answer.value ?? []).filter(({ trial }) => selected.includes(trial));
  return (
    <section aria-labelledby="selected">
      <div class="title">
        <h2 id="selected">Learning curves of the selected trials</h2>
        <span class="controls" role="group" aria-label="Colours">
          {(parameter === null ? [] : [false, true]).map((is) => (
            <button
              type="button"
              key={String(is)}
              aria-pressed={isByParameter === is}
              onClick={() => setByParameter(is)}
            >
              {is ? `coloured by ${parameterSymbol(parameter ?? '')}` : 'by trial'}
            </button>
          ))}
        </span>
        <button type="button" onClick={onClear}>
          Clear selection
        </button>
      </div>
      {answer.problem !== null && <p role="alert">{answer.problem}</p>}
      {curves.length > 0 && isByParameter && parameter !== null && (
        <CurvesByParameter curves={curves} page={page} parameter={parameter} />
      )}
      {curves.length > 0 && !(isByParameter && parameter !== null) && (
        <Curves curves={curves} page={page} title={`${page.study}: learning curves`} />
      )}
      {curves.length === 0 && (
        <p class="empty">
          {answer.isOld ? 'Loading…' : 'The selected trials have no measurements yet.'}
        </p>
      )}
    </section>
  );
}
