/** Study view: the state of one study, the controls, the charts and the ranked table. */
import { useState } from 'preact/hooks';
import { objectiveMetric } from '../../report/results/result-fields.ts';
import { countsText, hasReplicates, spaceText } from '../../report/results/result-words.ts';
import { groupedNumber, metricName } from '../../report/text/number-format.ts';
import { parameterSymbol } from '../../study/search-space.ts';
import { isOver } from '../../study/trial.ts';
import type { StudyPage } from '../page-messages.ts';
import { Answer, Warnings } from './answer.tsx';
import { Bar } from './bar.tsx';
import { changeStudy } from './connection.ts';
import { RunningCurves, SelectedCurves } from './curves.tsx';
import { Scatter } from './scatter.tsx';
import { TrialTable } from './trial-table.tsx';

interface StudyViewProps {
  readonly page: StudyPage;
  readonly isAdmin: boolean;
}

export function StudyView({ page, isAdmin }: StudyViewProps) {
  const [selected, setSelected] = useState<readonly string[]>([]);
  return (
    <>
      <section aria-labelledby="study" class="study">
        <div class="title">
          <h2 id="study">{page.study}</h2>
          <span class={`state ${page.status}`}>{page.status}</span>
          {isAdmin && <Controls study={page.study} status={page.status} />}
        </div>
        {page.reason !== null && <p class={`reason ${page.status}`}>{page.reason}</p>}
        <Answer page={page} />
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
      <SelectedCurves page={page} selected={selected} onClear={() => setSelected([])} />
      <TrialTable page={page} selected={selected} onSelect={setSelected} />
      {/* Below the ranking, which must not move while it is read. */}
      {page.curves.length > 0 && (
        <section aria-labelledby="curves">
          <h2 id="curves">Training now</h2>
          <RunningCurves page={page} />
        </section>
      )}
    </>
  );
}

function Stages({ page }: { readonly page: StudyPage }) {
  return (
    <ul class="stages">
      {page.stages.map((stage) => (
        <li key={stage.name}>
          <span class="name">{stage.name}</span>
          <Bar stage={stage} />
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
