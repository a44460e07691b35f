/** Default number of training threads. */
import { availableParallelism } from 'node:os';

/** The number of cores that this process may use. */
export function defaultThreads(): number {
  return availableParallelism();
}
