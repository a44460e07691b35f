/** How every reader refuses a file: which file, what is wrong in it and where, what to do. */
import { RidgelineError } from '../../base/errors.ts';

export function malformed(
  file: string,
  problem: string,
  fix = 'Get the file again from where it came from, and check its size and checksum.',
  options?: ErrorOptions,
): RidgelineError {
  return new RidgelineError('DATASET_INVALID', `${file} ${problem}`, fix, options);
}
