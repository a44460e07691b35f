/** The output of `ridgeline verify`: a table for people, JSON for programs. */
import type { NumberStyles, Params } from '../../study/search-space.ts';
import type { TrialResult } from '../../study/trial.ts';
import { documentText } from '../text/json-value.ts';
import type { TextOptions } from '../text/text-options.ts';
import { nameColumn, parameterColumns, tableLines, textColumn } from './text-table.ts';

export interface VerifiedTrial {
  readonly trial: string;
  readonly params: Params;
  readonly worker: string | null;
  readonly stored: TrialResult;
  readonly recomputed: TrialResult;
  /** Empty if they are equal to the last bit. */
  readonly differences: readonly string[];
}

export interface Verification {
  readonly study: string;
  /** How numbers of its parameters are written. */
  readonly styles: NumberStyles;
  readonly trials: readonly VerifiedTrial[];
  /** Number of trials of the study that have a result. */
  readonly total: number;
}

export function verificationTable(verification: Verification, options: TextOptions): string {
  const { trials, total, styles } = verification;
  const lines = tableLines<VerifiedTrial>(
    [
      nameColumn('trial', null, (row) => row.trial),
      ...parameterColumns(
        trials,
        20,
        ({ params }) => params,
        () => styles,
      ),
      textColumn('stored', 40, (row) => digestText(row.stored)),
      textColumn('recomputed', 40, (row) => digestText(row.recomputed)),
      textColumn('worker', 30, (row) => row.worker),
      textColumn('result', null, (row) => (isSame(row) ? 'same' : 'differs'), {
        style: (row) => (isSame(row) ? 'green' : 'red'),
      }),
    ],
    trials,
    options,
  );
  const different = trials.filter((row) => !isSame(row));
  const named = different.map((row) => `${row.trial} differs in ${row.differences.join(', ')}\n`);
  const same = trials.length - different.length;
  return `${lines.join('\n')}\n${named.join('')}${same} of ${trials.length} trials are the same to the last bit; the study has ${total} results\n`;
}

export function verificationJson({ study, trials, total }: Verification): string {
  return documentText({
    study,
    results: total,
    verified: trials.length,
    mismatched: trials.filter((row) => !isSame(row)).length,
    trials: trials.map((row) => ({
      trial: row.trial,
      ...row.params,
      params: row.params,
      worker: row.worker,
      digest: digest(row.stored),
      recomputed_digest: digest(row.recomputed),
      same: isSame(row),
      differences: row.differences,
    })),
  });
}

function isSame({ differences }: VerifiedTrial): boolean {
  return differences.length === 0;
}

function digest(result: TrialResult): string | null {
  return result.kind === 'complete' ? result.digest : null;
}

function digestText(result: TrialResult): string {
  return digest(result)?.slice(0, 8) ?? result.kind;
}
