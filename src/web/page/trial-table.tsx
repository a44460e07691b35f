/** The ranking, live: the first rows come with the study, further pages are asked for. */
import { useEffect, useState } from 'preact/hooks';
import type { StudyPage, TrialPage, TrialRow } from '../page-messages.ts';
import { trialPage } from './connection.ts';
import { countText, lambdaText, metricName, secondsText, valueText } from './format.ts';

const pageRows = 25;

export function TrialTable({ page }: { readonly page: StudyPage }) {
  const [stage, setStage] = useState<string | null>(null);
  const [offset, setOffset] = useState(0);
  const [asked, setAsked] = useState<TrialPage | null>(null);
  const isFirst = stage === null && offset === 0;
  useEffect(() => {
    if (isFirst) return;
    let isCurrent = true;
    void trialPage(page.study, { stage, offset, limit: pageRows }).then((answer) => {
      if (isCurrent) setAsked(answer);
    });
    return () => {
      isCurrent = false;
    };
    // A new state of the study may have moved any row.
  }, [page, stage, offset]);
  useEffect(() => {
    setStage(null);
    setOffset(0);
  }, [page.study]);
  const shown = isFirst
    ? { rows: page.rows, total: page.rowsTotal }
    : (asked ?? { rows: [], total: 0 });
  const choose = (name: string | null): void => {
    setStage(name);
    setOffset(0);
  };
  return (
    <section aria-labelledby="ranking">
      <div class="title">
        <h2 id="ranking">Ranking</h2>
        <span class="controls" role="group" aria-label="Stage">
          <button type="button" aria-pressed={stage === null} onClick={() => choose(null)}>
            all stages
          </button>
          {page.stages.map(({ name }) => (
            <button
              type="button"
              key={name}
              aria-pressed={stage === name}
              onClick={() => choose(name)}
            >
              {name}
            </button>
          ))}
        </span>
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of ranked trials">
        <table class="ranking">
          <Head metric={page.metric} />
          <tbody>
            {shown.rows.map((row) => (
              <Row key={row.trial} row={row} isWinner={row.trial === page.winner?.trial} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager offset={offset} total={shown.total} onMove={setOffset} />
    </section>
  );
}

function Head({ metric }: { readonly metric: string }) {
  return (
    <thead>
      <tr>
        <th scope="col" class="number">
          rank
        </th>
        <th scope="col">trial</th>
        <th scope="col" class="number">
          λ
        </th>
        <th scope="col" class="number">
          {metricName(metric)}
        </th>
        <th scope="col" class="number">
          train accuracy
        </th>
        <th scope="col">status</th>
        <th scope="col">node</th>
        <th scope="col" class="number">
          time
        </th>
      </tr>
    </thead>
  );
}

function Row({ row, isWinner }: { readonly row: TrialRow; readonly isWinner: boolean }) {
  return (
    <tr class={isWinner ? 'winner' : undefined}>
      <td class="number">{row.rank ?? ''}</td>
      <th scope="row">
        {row.trial}
        {isWinner && <span class="badge">winner</span>}
      </th>
      <td class="number">{lambdaText(row.lambda)}</td>
      <td class="number">{valueText(row.value)}</td>
      <td class="number">{valueText(row.trainAccuracy)}</td>
      <td>
        <span class={`state ${row.status}`}>{row.status}</span>
        {row.reason !== null && <span class="small block">{row.reason}</span>}
      </td>
      <td>{row.worker ?? ''}</td>
      <td class="number">{secondsText(row.seconds)}</td>
    </tr>
  );
}

interface PagerProps {
  readonly offset: number;
  readonly total: number;
  readonly onMove: (offset: number) => void;
}

function Pager({ offset, total, onMove }: PagerProps) {
  if (total <= pageRows) return null;
  const last = Math.min(total, offset + pageRows);
  return (
    <p class="pager">
      <button
        type="button"
        disabled={offset === 0}
        onClick={() => onMove(Math.max(0, offset - pageRows))}
      >
        Better
      </button>
      <span>
        {countText(offset + 1)}–{countText(last)} of {countText(total)}
      </span>
      <button type="button" disabled={last >= total} onClick={() => onMove(offset + pageRows)}>
        Worse
      </button>
    </p>
  );
}
