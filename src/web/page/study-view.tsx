/** One study: where it stands, the controls, the scatter, running curves and the ranked table. */
import { useState } from 'preact/hooks';
import type { StudyPage } from '../page-messages.ts';
import { RunningCurves, Scatter } from './charts.tsx';
import { changeStudy } from './connection.ts';
import { countText, lambdaText, metricName, valueText } from './format.ts';
import { TrialTable } from './trial-table.tsx';

interface StudyViewProps {
  readonly page: StudyPage;
  readonly isAdmin: boolean;
}

export function StudyView({ page, isAdmin }: StudyViewProps) {
  return (
    <>
      <section aria-labelledby="study" class="study">
        <div class="title">
          <h2 id="study">{page.study}</h2>
          <span class={`state ${page.status}`}>{page.status}</span>
          {isAdmin && <Controls study={page.study} status={page.status} />}
        </div>
        <p class="answer">{answerOf(page)}</p>
        {page.reason !== null && <p class="small">{page.reason}</p>}
        <Stages page={page} />
      </section>
      <section aria-labelledby="scatter">
        <h2 id="scatter">Every trial: λ against {metricName(page.metric)}</h2>
        <Scatter page={page} />
        {page.points.length < page.pointsTotal && (
          <p class="small">
            {countText(page.points.length)} of {countText(page.pointsTotal)} trials are drawn: the
            best of each small field. The table has all.
          </p>
        )}
      </section>
      {page.curves.length > 0 && (
        <section aria-labelledby="curves">
          <h2 id="curves">Training now</h2>
          <RunningCurves page={page} />
        </section>
      )}
      <TrialTable page={page} />
    </>
  );
}

function answerOf({ winner, best, metric, rowsTotal, dataset, seed }: StudyPage): string {
  const about = `${dataset}, seed ${seed}, ${countText(rowsTotal)} trials.`;
  if (winner !== null && best !== null) {
    const test =
      winner.testAccuracy === null ? '' : ` On the test set: ${valueText(winner.testAccuracy)}.`;
    const again =
      winner.reproduced === null
        ? ''
        : winner.reproduced
          ? ' Trained again, it gave the same bits.'
          : ' Trained again, it gave other bits.';
    return `The winner is ${winner.trial} with λ = ${lambdaText(winner.lambda)}: ${metricName(metric)} ${valueText(best.value)}.${test}${again} ${about}`;
  }
  if (best === null) return `No trial has ended yet. ${about}`;
  return `Best so far: ${best.trial} with λ = ${lambdaText(best.lambda)}, ${metricName(metric)} ${valueText(best.value)}. ${about}`;
}

function Stages({ page }: { readonly page: StudyPage }) {
  return (
    <ul class="stages">
      {page.stages.map((stage) => (
        <li key={stage.name}>
          <span class="name">{stage.name}</span>
          <progress
            max={Math.max(1, stage.trials)}
            value={stage.done}
            aria-label={`trials of stage ${stage.name} that have ended`}
          />
          <span>
            {countText(stage.done)} of {countText(stage.trials)}
            {stage.running > 0 && `, ${countText(stage.running)} running`}
            {stage.failed > 0 && `, ${countText(stage.failed)} failed`}
          </span>
          <span class="small">
            {stage.range === null
              ? 'range: when the stage before has closed'
              : `λ from ${lambdaText(stage.range.min)} to ${lambdaText(stage.range.max)}`}
          </span>
          {stage.reason !== null && <p class="small">{stage.reason}</p>}
          {stage.warnings.map((warning) => (
            <p class="warning" key={warning}>
              {warning}
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

interface ControlsProps {
  readonly study: string;
  readonly status: string;
}

function Controls({ study, status }: ControlsProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const isOver = ['complete', 'failed', 'cancelled'].includes(status);
  if (isOver) return null;
  const change = (what: 'pause' | 'resume' | 'cancel'): void => {
    setSure(false);
    void changeStudy(study, what).then(setProblem);
  };
  return (
    <span class="controls">
      {status === 'paused' ? (
        <button type="button" onClick={() => change('resume')}>
          Resume
        </button>
      ) : (
        <button type="button" onClick={() => change('pause')}>
          Pause
        </button>
      )}
      {isSure ? (
        <>
          <button type="button" class="bad" onClick={() => change('cancel')}>
            Yes, cancel it for good
          </button>
          <button type="button" onClick={() => setSure(false)}>
            No
          </button>
        </>
      ) : (
        <button type="button" onClick={() => setSure(true)}>
          Cancel…
        </button>
      )}
      {problem !== null && <span role="alert">{problem}</span>}
    </span>
  );
}
