/** Trial row: one row of the ranking, and the columns of the ranking. */
import { dashboardColumns } from '../../report/results/result-columns.ts';
import { chosenFields, type ResultField } from '../../report/results/result-fields.ts';
import type { ResultRow } from '../../report/results/result-row.ts';
import { hasReplicates } from '../../report/results/result-words.ts';
import type { StudyPage } from '../page-messages.ts';
import { trialAddress } from './route.ts';

export function rankingFields(page: StudyPage): readonly ResultField[] {
  const replicates = hasReplicates(page.stages);
  const has = {
    errors: page.validationCount !== null || replicates,
    ties: page.ties !== null,
    replicates,
    tests: page.winner !== null,
  };
  return chosenFields(page, dashboardColumns(page, has));
}

interface TrialRowProps {
  readonly page: StudyPage;
  readonly fields: readonly ResultField[];
  readonly row: ResultRow;
  /** Whether its learning curve is drawn. */
  readonly isSelected: boolean;
  readonly onToggle: () => void;
  readonly onHover: () => void;
}

export function TrialRow({ page, fields, row, isSelected, onToggle, onHover }: TrialRowProps) {
  const isWinner = row.trial === page.winner?.trial;
  const address = trialAddress(page.study, row.trial);
  const open = ({ target }: MouseEvent): void => {
    // A row is a larger target for the link in it; text in it can still be selected.
    const isOther = target instanceof Element && target.closest('a, input, label') !== null;
    if (!isOther && getSelection()?.isCollapsed !== false) location.hash = address;
  };
  return (
    <tr class={isWinner ? 'winner' : undefined} onClick={open} onMouseEnter={onHover}>
      <td>
        <input
          type="checkbox"
          checked={isSelected}
          aria-label={`Draw the learning curve of ${row.trial}`}
          title="Draw the learning curve"
          onChange={onToggle}
        />
      </td>
      {fields.map((field) => (
        <Cell key={field.name} field={field} row={row} isWinner={isWinner} address={address} />
      ))}
    </tr>
  );
}

interface CellProps {
  readonly field: ResultField;
  readonly row: ResultRow;
  readonly isWinner: boolean;
  /** Of the page of the trial. */
  readonly address: string;
}

function Cell({ field, row, isWinner, address }: CellProps) {
  if (field.name === 'trial') {
    return (
      <th scope="row">
        <a href={address}>{row.trial}</a>
        {isWinner && <span class="badge">winner</span>}
      </th>
    );
  }
  if (field.name === 'status') {
    return (
      <td>
        {/* Most trials are complete, so that state has no colour. */}
        <span class={row.status === 'complete' ? 'small' : `state ${row.status}`}>
          {row.status}
        </span>
        {row.audit !== null && <span class={`audit ${row.audit}`}>{row.audit}</span>}
        {row.reason !== null && <span class="small block">{row.reason}</span>}
      </td>
    );
  }
  if (field.name === 'tied') {
    const text = field.cell(row);
    return (
      <td>{text !== '' && <abbr title="not significantly worse than the best">{text}</abbr>}</td>
    );
  }
  return <td class={field.kind === 'number' ? 'number' : undefined}>{field.cell(row) ?? '–'}</td>;
}
