/** Learning curves: of one trial, of the selected trials in one chart, and of the trials that train now. */
import { pageTheme } from '../../report/charts/chart-style.ts';
import { learningCurve } from '../../report/charts/learning-curve.ts';
import { formatParams } from '../../study/search-space.ts';
import type { StudyPage, TrialCurve } from '../page-messages.ts';
import { Chart } from './chart.tsx';
import { trialAddress } from './route.ts';
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
          label: curves.length === 1 ? trial : `${trial}, ${formatParams(params)}`,
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

interface SelectedCurvesProps {
  readonly page: StudyPage;
  readonly selected: readonly string[];
  readonly onClear: () => void;
}

/** The curves of the selected rows, in one chart. */
export function SelectedCurves({ page, selected, onClear }: SelectedCurvesProps) {
  const key = selected.length === 0 ? null : selected.join(' ');
  const answer = useAnswer(key, page, () => requestCurves(page.study, selected));
  if (selected.length === 0) return null;
  const curves = (answer.value ?? []).filter(({ trial }) => selected.includes(trial));
  return (
    <section aria-labelledby="selected">
      <div class="title">
        <h2 id="selected">Learning curves of the selected trials</h2>
        <button type="button" onClick={onClear}>
          Clear selection
        </button>
      </div>
      {answer.problem !== null && <p role="alert">{answer.problem}</p>}
      {curves.length > 0 ? (
        <Curves curves={curves} page={page} title={`${page.study}: learning curves`} />
      ) : (
        <p class="empty">
          {answer.isOld ? 'Loading…' : 'The selected trials have no measurements yet.'}
        </p>
      )}
    </section>
  );
}

/** One small chart for each trial that is training. */
export function RunningCurves({ page }: { readonly page: StudyPage }) {
  return (
    <div class="small-charts">
      {page.curves.map((curve) => (
        <figure key={curve.trial}>
          <figcaption>
            <a href={trialAddress(page.study, curve.trial)}>{curve.trial}</a>
            <span class="small"> {formatParams(curve.params)}</span>
          </figcaption>
          <Curves curves={[curve]} page={page} title={`learning curve of ${curve.trial}`} isSmall />
        </figure>
      ))}
    </div>
  );
}
