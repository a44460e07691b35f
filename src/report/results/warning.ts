/** Warning: a sentence about a limit of the results that a reader must know, with a code for programs. */
import { dataWarningCodes } from '../../study/data-warning.ts';

/** Kinds of warnings, for programs; the texts can change with every release. */
export const warningCodes = {
  best_at_lower_bound: 'the best trial is at the lower bound, and larger values are worse',
  best_at_upper_bound: 'the best trial is at the upper bound, and smaller values are worse',
  flat_to_lower_bound: 'the objective is flat down to the lower bound',
  flat_to_upper_bound: 'the objective is flat up to the upper bound',
  range_hardly_narrowed: 'a narrowed range is more than half of the range before',
  no_significant_difference:
    'no trial of the study, or of a stage, is significantly worse than the best',
  curve_hidden: 'too many trials are far from any smooth curve, so none is drawn',
  no_effect_in_float32: 'values too small to have an effect in float32',
  diverged: 'trials whose loss was no longer finite',
  failed_without_result: 'trials without a result',
  audit_disputed: 'workers computed different results',
  audit_repeated: 'audited only with the token that computed the result',
  audit_unchecked: 'audits that are missing',
  winner_not_reproduced: 'a second training of the winner gave another result',
  test_set_in_every_trial: 'the test set was measured in every trial',
  arithmetic_not_checked: 'workers with any arithmetic took part',
  ...dataWarningCodes,
} as const;

export type WarningCode = keyof typeof warningCodes;

export interface ResultWarning {
  readonly code: WarningCode;
  /** The stage that it is about; null for the whole study. */
  readonly stage: string | null;
  /** The sentence that every output prints. */
  readonly text: string;
}

export function warning(
  code: WarningCode,
  text: string,
  stage: string | null = null,
): ResultWarning {
  return { code, stage, text };
}
