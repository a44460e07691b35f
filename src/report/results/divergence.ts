/** Divergence: which values of a hyperparameter a study should leave out after trials diverged. */
import {
  formatParam,
  numberParam,
  parameterSymbol,
  type ParameterName,
  type Params,
} from '../../study/search-space.ts';

/**
 * `search λ below 1.15e-1`; null if a trial with as large a value was completed, since other values are then
 * no remedy.
 *
 * @param diverged at least one
 */
export function smallerValues(
  parameter: ParameterName,
  diverged: readonly Params[],
  completed: readonly Params[],
): string | null {
  const values = diverged.map((params) => numberParam(params, parameter));
  const least = values.reduce((a, b) => Math.min(a, b));
  if (completed.some((params) => numberParam(params, parameter) >= least)) return null;
  return `search ${parameterSymbol(parameter)} below ${formatParam(least)}`;
}
