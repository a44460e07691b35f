/** The ranking: the first rows arrive with the study, the page requests others. */
import { groupedNumber } from '../../report/text/number-format.ts';
import { useEffect, useState } from 'preact/hooks';
import { dashboardColumns } from '../../report/results/result-columns.ts';
import {
  chosenFields,
  studyRankText,
  type ResultField,
} from '../../report/results/result-fields.ts';
import { hasReplicates } from '../../report/results/result-words.ts';
import type { ResultRow } from '../../report/results/result-row.ts';
import type { StudyPage, TrialPage } from '../page-messages.ts';
import { trialPage } from './connection.ts';

const pageRows = 25;

/** Delay before rows are requested again after a request without an answer. */
const retryMs = 2_000;

export function TrialTable({ page }: { readonly page: StudyPage }) {
  const [stage, setStage] = useState<string | null>(null);
  const [offset, setOffset] = useState(0);
  const shown = useRows(page, stage, offset);
  const fields = rankingFields(page);
  const choose = (name: string | null): void => {
    setStage(name);
    setOffset(0);
  };
  return (
    <section aria-labelledby="ranking">
      <div class="title">
        <h2 id="ranking">Ranking</h2>
        <StageButtons page={page} chosen={stage} onChoose={choose} />
      </div>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of ranked trials">
        <table class="ranking">
          <thead>
            <tr>
              {fields.map(({ name, kind, head }) => (
                <th scope="col" key={name} class={kind === 'number' ? 'number' : undefined}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.rows.map((row) => (
              <Row key={row.trial} fields={fields} row={row} winner={page.winner?.trial} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager offset={offset} total={shown.total} onMove={setOffset} />
    </section>
  );
}

interface Requested extends TrialPage {
  /** The state of the study at the request: a new state may have other rows. */
  readonly page: StudyPage | null;
  readonly stage: string | null;
  readonly offset: number;
}

/** The first rows are part of the page; others are requested, one request at a time, for slow connections. */
function useRows(page: StudyPage, stage: string | null, offset: number): TrialPage {
  const nothing = { rows: [], total: 0, page: null, stage: null, offset: 0 };
  const [rows, setRows] = useState<Requested>(nothing);
  const isFirst = stage === null && offset === 0;
  const isDue = !isFirst && (rows.page !== page || rows.stage !== stage || rows.offset !== offset);
  useEffect(() => {
    if (!isDue) return;
    let retry: number | undefined;
    let isCurrent = true;
    void trialPage(page.study, { stage, offset, limit: pageRows }).then((answer) => {
      if (!isCurrent) return;
      if (answer !== null) setRows({ ...answer, page, stage, offset });
      else retry = setTimeout(() => setRows({ ...rows }), retryMs);
    });
    return () => {
      isCurrent = false;
      clearTimeout(retry);
    };
  }, [isDue, rows, stage, offset]);
  return isFirst ? { rows: page.rows, total: page.rowsTotal } : rows;
}

interface StageButtonsProps {
  readonly page: StudyPage;
  readonly chosen: string | null;
  readonly onChoose: (stage: string | null) => void;
}

function StageButtons({ page, chosen, onChoose }: StageButtonsProps) {
  const choices = [null, ...page.stages.map(({ name }) => name)];
  return (
    <span class="controls" role="group" aria-label="Stage">
      {choices.map((name) => (
        <button
          type="button"
          key={name ?? ''}
          aria-pressed={chosen === name}
          onClick={() => onChoose(name)}
        >
          {name ?? 'all stages'}
        </button>
      ))}
    </span>
  );
}

interface RowProps {
  readonly fields: readonly ResultField[];
  readonly row: ResultRow;
  /** Name of the winner. */
  readonly winner: string | undefined;
}

function Row({ fields, row, winner }: RowProps) {
  const isWinner = row.trial === winner;
  return (
    <tr class={isWinner ? 'winner' : undefined}>
      {fields.map((field) => (
        <Cell key={field.name} field={field} row={row} isWinner={isWinner} />
      ))}
    </tr>
  );
}

interface CellProps {
  readonly field: ResultField;
  readonly row: ResultRow;
  readonly isWinner: boolean;
}

function Cell({ field, row, isWinner }: CellProps) {
  if (field.name === 'trial') {
    return (
      <th scope="row">
        {row.trial}
        {isWinner && <span class="badge">winner</span>}
      </th>
    );
  }
  if (field.name === 'status') {
    return (
      <td>
        <span class={`state ${row.status}`}>{row.status}</span>
        {row.audit !== null && <span class={`audit ${row.audit}`}>{row.audit}</span>}
        {row.reason !== null && <span class="small block">{row.reason}</span>}
      </td>
    );
  }
  if (field.name === 'tied') {
    const text = field.cell(row);
    return (
      <td>{text !== '' && <abbr title="cannot be distinguished from the best">{text}</abbr>}</td>
    );
  }
  // The ranks of this table count over all stages.
  const text = field.name === 'rank' ? studyRankText(row) : field.cell(row);
  return <td class={field.kind === 'number' ? 'number' : undefined}>{text ?? '–'}</td>;
}

function rankingFields(page: StudyPage): readonly ResultField[] {
  const replicates = hasReplicates(page.stages);
  const has = {
    errors: page.validationCount !== null || replicates,
    ties: page.ties !== null,
    replicates,
  };
  return chosenFields(page, dashboardColumns(page, has));
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
        {groupedNumber(offset + 1)}–{groupedNumber(last)} of {groupedNumber(total)}
      </span>
      <button type="button" disabled={last >= total} onClick={() => onMove(offset + pageRows)}>
        Worse
      </button>
    </p>
  );
}
