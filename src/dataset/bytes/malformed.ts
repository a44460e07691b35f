/** Malformed file: the error of every reader that refuses a file. */
import { RidgelineError } from '../../base/errors.ts';

/** @param problem what is wrong and where, as the rest of a sentence that starts with the file's name */
export function malformed(
  file: string,
  problem: string,
  fix = 'Copy or download the file again. If it is your own, save it again.',
  options?: ErrorOptions,
): RidgelineError {
  return new RidgelineError('DATASET_INVALID', `${file} ${problem}`, fix, options);
}
