/** Gradient text: the output of `check-gradients`. */
import { toSnake } from '../../study/spec/case-codec.ts';
import { documentText } from '../text/json-value.ts';
import { paragraph, type TextOptions } from '../text/text-options.ts';
import { numberColumn, tableLines, textColumn, type Column } from './text-table.ts';

export interface GradientLimits {
  readonly oracleError: number;
  readonly maxAbsoluteError: number;
  readonly normError: number;
}

/** One group of parameters of one network, checked on one kernel. */
export interface GradientRow extends GradientLimits {
  /** `3072-50-10`. */
  readonly network: string;
  readonly lambda: number;
  readonly kernel: string;
  readonly name: string;
  readonly compared: number;
  readonly leftOut: number;
  readonly maxRelativeError: number;
  readonly isRight: boolean;
}

export function gradientsJson(rows: readonly GradientRow[], limits: GradientLimits): string {
  return documentText({
    passed: rows.every((row) => row.isRight),
    max_absolute_error: largest(rows, 'maxAbsoluteError'),
    max_relative_error: largest(rows, 'maxRelativeError'),
    max_norm_error: largest(rows, 'normError'),
    oracle: { max_relative_error: largest(rows, 'oracleError') },
    limits: toSnake(limits),
    groups: rows.map(({ isRight, ...row }) => ({ ...toSnake(row), passed: isRight })),
  });
}

export function gradientsText(
  rows: readonly GradientRow[],
  limits: GradientLimits,
  options: TextOptions,
): string {
  const wrong = rows.filter((row) => !row.isRight).length;
  const absolute = largest(rows, 'maxAbsoluteError');
  const leftOut = rows.reduce((sum, row) => sum + row.leftOut, 0);
  const notes = [
    `oracle: float64 against centred differences, ‖a − n‖ / ‖n‖, at most ${limits.oracleError.toExponential()}; ${leftOut} entries are left out, because their step could move a unit across the corner of ReLU`,
    `absolute, norm: the kernel's float32 against float64, at most ${limits.maxAbsoluteError.toExponential()}, and ‖a − b‖ / ‖b‖ at most ${limits.normError.toExponential()}`,
    'relative: of each entry, with a floor of 1e-6; it has no limit',
    wrong === 0
      ? `all passed: the largest absolute error is ${absolute.toExponential(1)}, equal to ${decimals(absolute)} decimals`
      : `WRONG: ${wrong} of ${rows.length} groups`,
  ];
  const lines = tableLines(columns, rows, options);
  return `${[...lines, ...notes.flatMap((note) => paragraph(note, options))].join('\n')}\n`;
}

/** Decimals to which two numbers with this difference are equal after rounding. */
function decimals(error: number): number {
  return error === 0 ? 15 : Math.max(0, Math.floor(-Math.log10(2 * error)));
}

/** The largest value of a field; NaN if one value is NaN. */
function largest(
  rows: readonly GradientRow[],
  name: keyof GradientLimits | 'maxRelativeError',
): number {
  return rows.reduce((max, row) => Math.max(max, row[name]), 0);
}

const columns: readonly Column<GradientRow>[] = [
  textColumn('network', null, (row) => row.network),
  numberColumn('λ', null, (row) => String(row.lambda)),
  textColumn('kernel', 40, (row) => row.kernel),
  textColumn('group', null, (row) => row.name),
  numberColumn('compared', 30, (row) => String(row.compared)),
  numberColumn('left out', 20, (row) => String(row.leftOut)),
  numberColumn('oracle', 60, (row) => row.oracleError.toExponential(1)),
  numberColumn('absolute', 70, (row) => row.maxAbsoluteError.toExponential(1)),
  numberColumn('norm', 65, (row) => row.normError.toExponential(1)),
  numberColumn('relative', 10, (row) => row.maxRelativeError.toExponential(1)),
  textColumn('', null, (row) => (row.isRight ? 'ok' : 'WRONG'), {
    style: (row) => (row.isRight ? 'green' : 'red'),
  }),
];
