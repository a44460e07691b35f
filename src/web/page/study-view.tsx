/** Study view: the state of one study, the controls, the charts and the ranked table. */
import { useState } from 'preact/hooks';
import { countsText } from '../../report/results/result-words.ts';
import { spaceText } from '../../report/results/space-words.ts';
import { isOver } from '../../study/trial.ts';
import type { Overview, StudyPage } from '../page-messages.ts';
import { Answer } from './answer.tsx';
import { Bar } from './bar.tsx';
import { durationText } from '../../report/text/number-format.ts';
import { changeStudy } from './connection.ts';
import { SelectedCurves } from './curves.tsx';
import { DownloadMenu } from './download-menu.tsx';
import { HoveredTrial } from './hovered-trial.ts';
import { Scatter } from './scatter.tsx';
import { TrainingNow } from './training-now.tsx';
import { TrialTable } from './trial-table.tsx';

interface StudyViewProps {
  readonly page: StudyPage;
  readonly overview: Overview;
}

export function StudyView({ page, overview }: StudyViewProps) {
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [hovered] = useState(() => new HoveredTrial());
  return (
    <>
      <section aria-labelledby="study" class="study">
        <div class="title">
          <h2 id="study">{page.study}</h2>
          <span class={`state ${page.status}`}>{page.status}</span>
          {page.leftMs !== null && (
            <span class="small">about {durationText(page.leftMs)} left</span>
          )}
          {overview.role === 'admin' && !overview.isStored && (
            <Controls study={page.study} status={page.status} />
          )}
          <DownloadMenu study={page.study} hasScatter={page.parameter !== null} />
        </div>
        {page.reason !== null && <p class={`reason ${page.status}`}>{page.reason}</p>}
        <Answer page={page} />
        <Stages page={page} />
      </section>
      <Scatter page={page} hovered={hovered} />
      <SelectedCurves page={page} selected={selected} onClear={() => setSelected([])} />
      <TrialTable page={page} hovered={hovered} selected={selected} onSelect={setSelected} />
      {/* Below the ranking, which must not move while it is read. */}
      {page.status === 'running' && <TrainingNow page={page} workers={overview.workers} />}
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
          Yes, cancel
        </button>
      )}
      {problem !== null && <span role="alert">{problem}</span>}
    </span>
  );
}
