/** Divergence: which values of hyperparameters a study should leave out after trials diverged. */
import { searchedParameters } from '../../search/analysis/study-statistics.ts';
import {
  formatParam,
  numberStyles,
  parameterSymbol,
  type ParameterName,
  type Params,
} from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';

/**
 * `search λ below 1.15e-1`, for each parameter of which all diverged trials have larger values than all
 * completed ones; with smaller ones of others, too, values are no remedy.
 *
 * @param diverged at least one
 */
export function smallerValues(
  { stages }: Pick<StudySpec, 'stages'>,
  diverged: readonly Params[],
  completed: readonly Params[],
): string[] {
  const styles = numberStyles(stages);
  return searchedParameters({ stages }).flatMap((name) => {
    const values = numbers(diverged, name);
    if (values.length < diverged.length) return [];
    const least = values.reduce((a, b) => Math.min(a, b));
    if (numbers(completed, name).some((value) => value >= least)) return [];
    return [`search ${parameterSymbol(name)} below ${formatParam(least, styles[name])}`];
  });
}

function numbers(all: readonly Params[], name: ParameterName): number[] {
  return all.flatMap(({ [name]: value }) => (typeof value === 'number' ? [value] : []));
}
