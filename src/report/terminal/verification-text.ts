/** What `ridgeline verify` found: a table for people, JSON for programs. */
import type { TrialResult } from '../../study/trial.ts';
import { gridLines } from './text-table.ts';
import { jsonText, schemaVersion } from '../text/json-value.ts';
import { lambdaText } from '../text/number-format.ts';
import type { TextOptions } from '../text/text-options.ts';

export interface VerifiedTrial {
  readonly trial: string;
  readonly lambda: number;
  readonly worker: string | null;
  readonly stored: TrialResult;
  readonly recomputed: TrialResult;
  /** Empty where they are the same to the last bit. */
  readonly differences: readonly string[];
}

export interface Verification {
  readonly study: string;
  readonly trials: readonly VerifiedTrial[];
  /** Trials of the study that have a result. */
  readonly total: number;
}

export function verificationTable(verification: Verification, options: TextOptions): string {
  const { trials, total } = verification;
  const lines = gridLines<VerifiedTrial>(
    [
      { head: 'trial', align: 'left', importance: null, cell: (row) => row.trial },
      { head: 'λ', align: 'right', importance: 20, cell: (row) => lambdaText(row.lambda) },
      { head: 'stored', align: 'left', importance: 40, cell: (row) => shortDigest(row.stored) },
      {
        head: 'recomputed',
        align: 'left',
        importance: 40,
        cell: (row) => shortDigest(row.recomputed),
      },
      { head: 'worker', align: 'left', importance: 30, cell: (row) => row.worker },
      {
        head: 'result',
        align: 'left',
        importance: null,
        cell: (row) => (row.differences.length === 0 ? 'same' : 'differs'),
        style: (row) => (row.differences.length === 0 ? 'green' : 'red'),
      },
    ],
    trials,
    options,
  );
  const different = trials.filter((row) => row.differences.length > 0);
  const named = different.map((row) => `${row.trial} differs in ${row.differences.join(', ')}\n`);
  const same = trials.length - different.length;
  return `${lines.join('\n')}\n${named.join('')}${same} of ${trials.length} trials are the same to the last bit; the study has ${total} results\n`;
}

export function verificationJson({ study, trials, total }: Verification): string {
  return jsonText({
    schema_version: schemaVersion,
    study,
    results: total,
    verified: trials.length,
    mismatched: trials.filter((row) => row.differences.length > 0).length,
    trials: trials.map((row) => ({
      trial: row.trial,
      lambda: row.lambda,
      worker: row.worker,
      digest: digestOf(row.stored),
      recomputed_digest: digestOf(row.recomputed),
      same: row.differences.length === 0,
      differences: row.differences,
    })),
  });
}

function digestOf(result: TrialResult): string | null {
  return result.kind === 'complete' ? result.digest : null;
}

function shortDigest(result: TrialResult): string {
  return digestOf(result)?.slice(0, 8) ?? result.kind;
}
