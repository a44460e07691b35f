/** Threads of a command that trains in its own process. */
import type { TrainerSource } from '../../trainers/open-trainer.ts';
import { fittingThreads } from '../../worker/thread-count.ts';
import type { Context } from '../process/context.ts';

/**
 * How many of the requested threads this process can start; fewer are a warning.
 *
 * @throws RidgelineError MACHINE_UNFIT
 */
export async function fitThreads(
  requested: number,
  { kind }: TrainerSource,
  { log }: Context,
): Promise<number> {
  const { threads, note } = await fittingThreads(requested, kind);
  if (note !== null) log.warn(note);
  return threads;
}
