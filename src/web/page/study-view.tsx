/** One study: its state, the controls, the scatter, running curves and the ranked table. */
import { useState } from 'preact/hooks';
import { winnerSentence } from '../../report/files/document-table.ts';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import {
  completeText,
  countsText,
  hasReplicates,
  spaceText,
  statisticsWords,
} from '../../report/results/result-words.ts';
import { groupedNumber, metricName } from '../../report/text/number-format.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import { isOver } from '../../study/trial.ts';
import type { StudyPage } from '../page-messages.ts';
import { RunningCurves, Scatter } from './charts.tsx';
import { changeStudy } from './connection.ts';
import { TrialTable } from './trial-table.tsx';

export function StudyView({
  page,
  isAdmin,
}: {
  readonly page: StudyPage;
  readonly isAdmin: boolean;
}) {
  return (
    <>
      <section aria-labelledby="study" class="study">
        <div class="title">
          <h2 id="study">{page.study}</h2>
          <span class={`state ${page.status}`}>{page.status}</span>
          {/* The key closes an open question when another study is shown. */}
          {isAdmin && <Controls key={page.study} study={page.study} status={page.status} />}
        </div>
        <Answer page={page} />
        {page.reason !== null && <p class="small">{page.reason}</p>}
        <Stages page={page} />
      </section>
      <section aria-labelledby="scatter">
        <h2 id="scatter">
          Every {hasReplicates(page.stages) ? 'configuration' : 'trial'}:{' '}
          {parameterSymbol(page.parameter)} against {metricName(objectiveMetric(page))}
        </h2>
        <Scatter page={page} />
        {page.points.length < page.pointsTotal && (
          <p class="small">
            {groupedNumber(page.points.length)} of {groupedNumber(page.pointsTotal)} are drawn: the
            best of each area. The table has all.
          </p>
        )}
      </section>
      {page.curves.length > 0 && (
        <section aria-labelledby="curves">
          <h2 id="curves">Training now</h2>
          <RunningCurves page={page} />
        </section>
      )}
      <TrialTable key={page.study} page={page} />
    </>
  );
}

function Answer({ page }: { readonly page: StudyPage }) {
  const answer = winnerSentence(page);
  return (
    <>
      <p class="answer">
        {answer === null ? (
          'No trial is complete yet.'
        ) : (
          <>
            <b>{answer.label}</b>: {answer.text}
          </>
        )}
      </p>
      <p class="small">
        {page.dataset}, seed {page.seed}, {completeText(page.stages)}
      </p>
      <dl class="statistics">
        {statisticsWords(page).map(({ label, text }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <Warnings texts={page.warnings.map(({ text }) => text)} />
      {!page.isCompared && (
        <p class="small">
          The dashboard does not compare this number of trials: <code>ridgeline results</code> and{' '}
          <code>report</code> show which are tied with the best.
        </p>
      )}
    </>
  );
}

function Warnings({ texts }: { readonly texts: readonly string[] }) {
  return texts.map((text) => (
    <p class="warning" key={text}>
      {text}
    </p>
  ));
}

function Stages({ page }: { readonly page: StudyPage }) {
  return (
    <ul class="stages">
      {page.stages.map((stage) => (
        <li key={stage.name}>
          <span class="name">{stage.name}</span>
          <progress
            max={Math.max(1, stage.trials)}
            value={stage.counts.complete + stage.counts.failed + stage.counts.cancelled}
            aria-label={`progress of stage ${stage.name}`}
          />
          <span>{countsText(stage)}</span>
          <span class="small">{spaceText(stage)}</span>
          {stage.reason !== null && <p class="small">{stage.reason}</p>}
          <Warnings texts={stage.warnings} />
        </li>
      ))}
    </ul>
  );
}

function Controls({ study, status }: Pick<StudyPage, 'study' | 'status'>) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  if (isOver(status)) return null;
  const change = (what: 'pause' | 'resume' | 'cancel'): void => {
    setSure(false);
    void changeStudy(study, what).then(setProblem);
  };
  return (
    <span class="controls">
      <button type="button" onClick={() => change(status === 'paused' ? 'resume' : 'pause')}>
        {status === 'paused' ? 'Resume' : 'Pause'}
      </button>
      {/* One button asks and withdraws, so that a double click does not confirm. */}
      <button type="button" onClick={() => setSure(!isSure)}>
        {isSure ? 'No, continue' : 'Cancel…'}
      </button>
      {isSure && (
        <button type="button" class="bad" onClick={() => change('cancel')}>
          Yes, cancel permanently
        </button>
      )}
      {problem !== null && <span role="alert">{problem}</span>}
    </span>
  );
}
