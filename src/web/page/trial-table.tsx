/** Trial table: the ranking with filter, order and pages; the first rows arrive with the study. */
import { useEffect, useState } from 'preact/hooks';
import type { ResultField } from '../../report/results/result-fields.ts';
import type { ResultRow } from '../../report/results/result-row.ts';
import type { StudyPage, TrialPage } from '../page-messages.ts';
import type { HoveredTrial } from './hovered-trial.ts';
import { Pager } from './pager.tsx';
import { requestRows } from './study-requests.ts';
import { rankingFields, TrialRow } from './trial-row.tsx';
import { useAnswer } from './use-answer.ts';

const pageRows = 100;
/** Most selected rows: more curves cannot be distinguished. */
const selectedMax = 12;
/** Time without a key before a filter that is being typed is sent. */
const typingMs = 400;

interface TrialTableProps {
  readonly page: StudyPage;
  readonly hovered: HoveredTrial;
  readonly selected: readonly string[];
  readonly onSelect: (selected: readonly string[]) => void;
}

export function TrialTable({ page, hovered, selected, onSelect }: TrialTableProps) {
  const [stage, setStage] = useState<string | null>(null);
  const [where, setWhere] = useState('');
  const [sort, setSort] = useState<string | null>(null);
  const [offset, setOffset] = useState(0);
  // The first page of the ranking is a part of the study's message.
  const isFirst = stage === null && where === '' && sort === null && offset === 0;
  const query = { stage, where, sort, offset, limit: pageRows };
  const key = isFirst ? null : JSON.stringify(query);
  const answer = useAnswer(key, page, () => requestRows(page.study, query));
  const nothing: TrialPage = { rows: [], total: 0 };
  const shown = isFirst ? { rows: page.rows, total: page.rowsTotal } : (answer.value ?? nothing);
  const restart = (change: () => void): void => {
    change();
    setOffset(0);
  };
  return (
    <section aria-labelledby="ranking">
      <div class="title">
        <h2 id="ranking">Ranking</h2>
        <StageButtons
          page={page}
          chosen={stage}
          onChoose={(name) => restart(() => setStage(name))}
        />
        <Filter
          example={page.parameter === null ? 'tied' : `${page.parameter} < 1e-2`}
          onChange={(text) => restart(() => setWhere(text))}
        />
      </div>
      {!isFirst && answer.problem !== null && (
        <p class="problem" role="alert">
          {answer.problem}
        </p>
      )}
      <Rows
        page={page}
        hovered={hovered}
        rows={shown.rows}
        isBusy={!isFirst && answer.isOld}
        sort={sort}
        onSort={(order) => restart(() => setSort(order))}
        selected={selected}
        onSelect={onSelect}
      />
      {shown.total === 0 && !answer.isOld && <p class="empty">No trial matches.</p>}
      <Pager offset={offset} total={shown.total} pageRows={pageRows} onMove={setOffset} />
    </section>
  );
}

interface RowsProps extends TrialTableProps {
  readonly rows: readonly ResultRow[];
  /** Whether other rows are requested. */
  readonly isBusy: boolean;
  readonly sort: string | null;
  readonly onSort: (sort: string | null) => void;
}

function Rows(props: RowsProps) {
  const { page, hovered, rows, isBusy, sort, onSort, selected, onSelect } = props;
  const fields = rankingFields(page);
  const toggle = (trial: string): void => {
    if (selected.includes(trial)) onSelect(selected.filter((one) => one !== trial));
    else onSelect([...selected, trial].slice(-selectedMax));
  };
  return (
    <div class="scroll rows" tabIndex={0} role="region" aria-label="Table of ranked trials">
      <table class="ranking" aria-busy={isBusy}>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden">curves</span>
            </th>
            {fields.map((field) => (
              <Head key={field.name} field={field} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody onMouseLeave={() => hovered.set(null)}>
          {rows.map((row) => (
            <TrialRow
              key={row.trial}
              page={page}
              fields={fields}
              row={row}
              isSelected={selected.includes(row.trial)}
              onToggle={() => toggle(row.trial)}
              onHover={() => hovered.set(row.trial)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
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

interface FilterProps {
  /** A condition for the placeholder. */
  readonly example: string;
  readonly onChange: (where: string) => void;
}

function Filter({ example, onChange }: FilterProps) {
  const [text, setText] = useState<string | null>(null);
  useEffect(() => {
    if (text === null) return;
    const timer = setTimeout(() => onChange(text.trim()), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label class="filter">
      Filter{' '}
      <input
        type="search"
        spellcheck={false}
        maxLength={1_000}
        placeholder={`coarse/7, failed, or ${example}`}
        title="A word, or a condition as `ridgeline results --where` accepts it"
        value={text ?? ''}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}

interface HeadProps {
  readonly field: ResultField;
  readonly sort: string | null;
  readonly onSort: (sort: string | null) => void;
}

/** A column's head. Its button sorts ascending, then descending, then by rank again. */
function Head({ field: { name, kind, head, description }, sort, onSort }: HeadProps) {
  const isUp = sort === name;
  const isDown = sort === `${name}:desc`;
  const next = isUp ? `${name}:desc` : isDown ? null : name;
  return (
    <th
      scope="col"
      class={kind === 'number' ? 'number' : undefined}
      aria-sort={isUp ? 'ascending' : isDown ? 'descending' : undefined}
    >
      <button type="button" class="sort" title={description} onClick={() => onSort(next)}>
        {head}
        <span aria-hidden="true">{isUp ? ' ▲' : isDown ? ' ▼' : ''}</span>
      </button>
    </th>
  );
}
