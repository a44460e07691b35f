/** The ranking, live: the first rows come with the study, further pages are asked for. */
import { useEffect, useState } from 'preact/hooks';
import { extraColumn } from '../../report/results/result-columns.ts';
import { chosenFields, type ResultField } from '../../report/results/result-fields.ts';
import { hasReplicates } from '../../report/results/result-words.ts';
import type { ResultRow } from '../../report/results/study-results.ts';
import type { StudyPage, TrialPage } from '../page-messages.ts';
import { trialPage } from './connection.ts';
import { countText } from './format.ts';

const pageRows = 25;

/** Rows that nobody gave are asked for again so much later. */
const againMs = 2_000;

export function TrialTable({ page }: { readonly page: StudyPage }) {
  const [stage, setStage] = useState<string | null>(null);
  const [offset, setOffset] = useState(0);
  const shown = useRows(page, stage, offset);
  const fields = fieldsOf(page);
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
          <Head fields={fields} />
          <tbody>
            {shown.rows.map((row) => (
              <Row
                key={row.trial}
                fields={fields}
                row={row}
                isWinner={row.trial === page.winner?.trial}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Pager offset={offset} total={shown.total} onMove={setOffset} />
    </section>
  );
}

interface Asked extends TrialPage {
  /** What the rows were asked for: a new state of the study may have moved any of them. */
  readonly page: StudyPage | null;
  readonly stage: string | null;
  readonly offset: number;
}

/**
 * The first rows are here already; others are asked for, and stay while no answer comes.
 *
 * States come faster than answers over a slow connection: one answer is waited for before the next is
 * asked for, or none would ever be shown.
 */
function useRows(page: StudyPage, stage: string | null, offset: number): TrialPage {
  const [asked, setAsked] = useState<Asked>({
    rows: [],
    total: 0,
    page: null,
    stage: null,
    offset: 0,
  });
  const isFirst = stage === null && offset === 0;
  const isDue =
    !isFirst && (asked.page !== page || asked.stage !== stage || asked.offset !== offset);
  useEffect(() => {
    if (!isDue) return;
    let again: number | undefined;
    let isCurrent = true;
    void trialPage(page.study, { stage, offset, limit: pageRows }).then((answer) => {
      if (!isCurrent) return;
      if (answer !== null) setAsked({ ...answer, page, stage, offset });
      else again = setTimeout(() => setAsked({ ...asked }), againMs);
    });
    return () => {
      isCurrent = false;
      clearTimeout(again);
    };
  }, [isDue, asked, stage, offset]);
  return isFirst ? { rows: page.rows, total: page.rowsTotal } : asked;
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

function Head({ fields }: { readonly fields: readonly ResultField[] }) {
  return (
    <thead>
      <tr>
        {fields.map(({ name, kind, head }) => (
          <th scope="col" key={name} class={kind === 'number' ? 'number' : undefined}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface RowProps {
  readonly fields: readonly ResultField[];
  readonly row: ResultRow;
  readonly isWinner: boolean;
}

function Row({ fields, row, isWinner }: RowProps) {
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
    return <td>{text !== '' && <abbr title="cannot be told from the best">{text}</abbr>}</td>;
  }
  // The star of the tables marks the best of a stage; here ranks count over all.
  const text = field.name === 'rank' ? row.rank : field.cell(row);
  return <td class={field.kind === 'number' ? 'number' : undefined}>{text ?? '–'}</td>;
}

/** Those of the terminal's tables that fit; columns that would say nothing are left out. */
function fieldsOf({ objective, ties, validationCount, stages }: StudyPage): readonly ResultField[] {
  const value = extraColumn(objective) ?? objective.metric;
  return chosenFields(objective, [
    'rank',
    'trial',
    'lambda',
    value,
    ...(validationCount === null && !hasReplicates(stages) ? [] : ['standard_error']),
    ...(ties === null ? [] : ['tied']),
    ...(hasReplicates(stages) ? ['replicates'] : []),
    ...(value === 'train_accuracy' ? [] : ['train_accuracy']),
    'status',
    'worker',
    'seconds',
  ]);
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
