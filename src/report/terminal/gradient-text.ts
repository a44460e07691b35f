/** What `check-gradients` prints. */
import { wrapText } from '../text/display-width.ts';
import { gridLines, type Column } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { shown, widthOf, type TextOptions } from '../text/text-options.ts';

/** One group of parameters of one network, checked on one kernel. */
export interface GradientRow {
  /** `3072-50-10`. */
  readonly network: string;
  readonly lambda: number;
  readonly kernel: string;
  readonly name: string;
  readonly compared: number;
  readonly leftOut: number;
  readonly oracleError: number;
  readonly maxAbsoluteError: number;
  readonly maxRelativeError: number;
  readonly normError: number;
  readonly isRight: boolean;
}

export interface GradientLimits {
  readonly oracleError: number;
  readonly maxAbsoluteError: number;
  readonly normError: number;
}

export function gradientsJson(rows: readonly GradientRow[], limits: GradientLimits): string {
  return jsonText({
    schema_version: schemaVersion,
    passed: rows.every((row) => row.isRight),
    max_absolute_error: largest(rows, (row) => row.maxAbsoluteError),
    max_relative_error: largest(rows, (row) => row.maxRelativeError),
    max_norm_error: largest(rows, (row) => row.normError),
    oracle: { max_relative_error: largest(rows, (row) => row.oracleError) },
    limits: {
      oracle_error: limits.oracleError,
      max_absolute_error: limits.maxAbsoluteError,
      norm_error: limits.normError,
    },
    groups: rows.map((row) => ({
      name: row.name,
      network: row.network,
      lambda: row.lambda,
      kernel: row.kernel,
      compared: row.compared,
      left_out: row.leftOut,
      oracle_error: row.oracleError,
      max_absolute_error: row.maxAbsoluteError,
      max_relative_error: row.maxRelativeError,
      norm_error: row.normError,
      passed: row.isRight,
    })),
  });
}

export function gradientsText(
  rows: readonly GradientRow[],
  limits: GradientLimits,
  options: TextOptions,
): string {
  const wrong = rows.filter((row) => !row.isRight).length;
  const absolute = largest(rows, (row) => row.maxAbsoluteError);
  const leftOut = rows.reduce((sum, row) => sum + row.leftOut, 0);
  const notes = [
    `oracle: float64 against centred differences, ‖a − n‖ / ‖n‖, at most ${limits.oracleError.toExponential()}; ${leftOut} entries are left out, whose step could carry a unit across ReLU's corner`,
    `absolute, norm: the kernel's float32 against float64, at most ${limits.maxAbsoluteError.toExponential()}, and ‖a − b‖ / ‖b‖ at most ${limits.normError.toExponential()}`,
    'relative: of each entry, with a floor of 1e-6; not judged',
    wrong === 0
      ? `all right: the largest absolute error is ${absolute.toExponential(1)}, equal to ${decimals(absolute)} decimals`
      : `WRONG: ${wrong} of ${rows.length} groups`,
  ];
  const lines = [
    ...gridLines(columns, rows, options),
    ...notes.flatMap((note) => wrapText(shown(note, options), widthOf(options), '  ')),
  ];
  return `${lines.join('\n')}\n`;
}

/** Digits after the point to which two numbers that differ by so much are equal, once rounded. */
function decimals(error: number): number {
  return error === 0 ? 15 : Math.max(0, Math.floor(-Math.log10(2 * error)));
}

function largest(rows: readonly GradientRow[], of: (row: GradientRow) => number): number {
  return rows.reduce((max, row) => (Number.isNaN(of(row)) ? NaN : Math.max(max, of(row))), 0);
}

const columns: readonly Column<GradientRow>[] = [
  column('network', 'left', null, (row) => row.network),
  column('λ', 'right', null, (row) => String(row.lambda)),
  column('kernel', 'left', 40, (row) => row.kernel),
  column('group', 'left', null, (row) => row.name),
  column('compared', 'right', 30, (row) => String(row.compared)),
  column('left out', 'right', 20, (row) => String(row.leftOut)),
  column('oracle', 'right', 60, (row) => row.oracleError.toExponential(1)),
  column('absolute', 'right', 70, (row) => row.maxAbsoluteError.toExponential(1)),
  column('norm', 'right', 65, (row) => row.normError.toExponential(1)),
  column('relative', 'right', 10, (row) => row.maxRelativeError.toExponential(1)),
  {
    ...column('', 'left', null, (row) => (row.isRight ? 'ok' : 'WRONG')),
    style: (row) => (row.isRight ? 'green' : 'red'),
  },
];

function column(
  head: string,
  align: 'left' | 'right',
  importance: number | null,
  cell: (row: GradientRow) => string,
): Column<GradientRow> {
  return { head, align, importance, cell };
}
