/**
 * Launcher: starts worker processes for `run`, counts them and stops them.
 *
 * An implementation decides where workers run: on this machine (`local.ts`), in a batch queue or on a
 * container platform. It replaces workers that exit unexpectedly, unless its platform does that.
 *
 * It does not assign trials: a worker joins the coordinator and receives them there.
 */

/**
 * How workers stop, in the order in which `run` escalates:
 * - `when-drained`: the coordinator has asked them to finish and leave; do not replace those that exit.
 * - `return-trials`: they return running trials to the coordinator and exit.
 * - `kill`: they exit immediately; the coordinator notices the closed connection.
 */
export type StopMode = 'when-drained' | 'return-trials' | 'kill';

/** Why no worker is left: `stop` was called, or every worker exited again and again without a result. */
export type LauncherEnd = 'stopped' | 'failed';

export interface Launcher {
  /** Starts `count` more workers. Does nothing after `stop`. */
  start(count: number): void;
  /** Number of workers that are running or being replaced. */
  count(): number;
  /**
   * Notes that a worker has joined the coordinator, or finished a trial: its earlier exits do not show that
   * it cannot work. Names of other workers are ignored.
   */
  succeeded(worker: string, what: 'joined' | 'finished'): void;
  /** Stops all workers. May be called again with a later mode. */
  stop(mode: StopMode): void;
  /** Resolves when no worker is left and none will be started. */
  readonly ended: Promise<LauncherEnd>;
}
