/** Pager: moves through the pages of a list. */
import { groupedNumber } from '../../report/text/number-format.ts';

interface PagerProps {
  /** Number of the first row, from 0. */
  readonly offset: number;
  readonly total: number;
  readonly pageRows: number;
  readonly onMove: (offset: number) => void;
}

/** Nothing if all rows are on one page. */
export function Pager({ offset, total, pageRows, onMove }: PagerProps) {
  if (total <= pageRows) return null;
  const last = Math.min(total, offset + pageRows);
  const pages = Math.ceil(total / pageRows);
  const go = (page: number): void => {
    if (Number.isInteger(page) && page >= 1 && page <= pages) onMove((page - 1) * pageRows);
  };
  return (
    <p class="pager">
      <button
        type="button"
        disabled={offset === 0}
        onClick={() => onMove(Math.max(0, offset - pageRows))}
      >
        Previous
      </button>
      <label>
        Page{' '}
        <input
          type="number"
          min={1}
          max={pages}
          value={Math.floor(offset / pageRows) + 1}
          onChange={(event) => go(event.currentTarget.valueAsNumber)}
        />{' '}
        of {groupedNumber(pages)}
      </label>
      <button type="button" disabled={last >= total} onClick={() => onMove(offset + pageRows)}>
        Next
      </button>
      <span>
        {groupedNumber(offset + 1)}–{groupedNumber(last)} of {groupedNumber(total)}
      </span>
    </p>
  );
}
