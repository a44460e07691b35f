/** Training now: the trials of a study that workers train, how far each is, and their learning curves. */
import { formatParams } from '../../study/search-space.ts';
import type { Overview, StudyPage } from '../page-messages.ts';
import { Curves } from './curves.tsx';
import { trialAddress } from './route.ts';

interface TrainingNowProps {
  readonly page: StudyPage;
  readonly workers: Overview['workers'];
}

export function TrainingNow({ page, workers }: TrainingNowProps) {
  const running = workers
    .flatMap((worker) => worker.running)
    .filter(({ study }) => study === page.study);
  return (
    <section aria-labelledby="training">
      <h2 id="training">Training now</h2>
      {running.length === 0 && <p class="empty">No trial trains at the moment.</p>}
      <ul class="training">
        {running.map(({ trial, worker, kind, step, steps }) => (
          <li key={`${trial} ${worker} ${kind}`}>
            <a href={trialAddress(page.study, trial)}>{trial}</a>
            <span class="small">
              {kind === 'search' ? '' : `${kind} `}on {worker}
            </span>
            <progress max={Math.max(1, steps)} value={step} aria-label={`progress of ${trial}`} />
            <span class="number">{percent(step, steps)}</span>
          </li>
        ))}
      </ul>
      <div class="small-charts">
        {page.curves.map((curve) => (
          <figure key={curve.trial}>
            <figcaption>
              <a href={trialAddress(page.study, curve.trial)}>{curve.trial}</a>
              <span class="small"> {formatParams(curve.params, page.styles)}</span>
            </figcaption>
            <Curves
              curves={[curve]}
              page={page}
              title={`learning curve of ${curve.trial}`}
              isSmall
            />
          </figure>
        ))}
      </div>
    </section>
  );
}

/** How much of the training is done: `43 %`. */
export function percent(step: number, steps: number): string {
  return `${Math.floor((100 * step) / Math.max(1, steps))} %`;
}
