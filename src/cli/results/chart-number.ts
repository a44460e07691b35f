/** Chart number: the number on the axis of a chart of one hyperparameter. */
import { didYouMean } from '../../base/did-you-mean.ts';
import type { ChartKind } from '../../report/charts/chart-kinds.ts';
import type { StudyPicture } from '../../report/charts/study-picture.ts';
import { usageError } from '../process/options.ts';

/**
 * The study as if it searched this number alone. A curve over it would ignore the others, so there is none.
 *
 * @param name absent: the only number that the study searches
 * @throws RidgelineError USAGE
 */
export function withNumber(
  picture: StudyPicture,
  kind: ChartKind,
  name: string | undefined,
): StudyPicture {
  const { results } = picture;
  const numbers = results.parameters.filter((one) => results.scales[one]?.kind !== 'list');
  const parameter = name ?? results.parameter;
  if (parameter === null)
    throw usageError(
      `Study ${results.study} searches ${results.parameters.join(', ')}, but ${kind} shows one number.`,
      numbers.length === 0
        ? 'Draw `slices`.'
        : `Add --parameter, such as --parameter ${numbers[0]}, or draw \`slices\`.`,
    );
  if (!numbers.includes(parameter))
    throw usageError(
      `Study ${results.study} searches no number ${JSON.stringify(parameter)}.${didYouMean(parameter, numbers)}`,
      numbers.length === 0 ? 'Draw `slices`.' : `Use one of ${numbers.join(', ')}.`,
    );
  if (parameter === results.parameter) return picture;
  return { ...picture, results: { ...results, parameter, fit: null } };
}
