/**
 * Thread pool: the packs that a worker trains, by name, one per thread. It has no queue: packs wait in the
 * coordinator.
 */
import { assert } from '../base/assert.ts';
import { RidgelineError, errorMessage } from '../base/errors.ts';
import type { Measurement, TrialResult } from '../study/trial.ts';
import type { ReachedRung, TrialsRequest } from '../trainers/train-trials.ts';
import type { RunningTraining, TrainingRequest, TrainingThreads } from './training-pool.ts';
import type { TrainingMessage } from './training-work.ts';

/** How a pack left its thread without an error. */
export type PackEnd =
  | {
      readonly kind: 'ended';
      readonly results: TrialResult[];
      /** By member: the rungs that it has reached, if they were requested. */
      readonly rungs: readonly (readonly ReachedRung[])[];
      /** As in `PackRunner`. */
      readonly output?: string;
      /** Whether it began with the first step, because a state of another worker was wrong. */
      readonly isRejected: boolean;
    }
  | { readonly kind: 'stopped'; readonly reason: string };

interface RunningPack {
  readonly abort: AbortController;
  readonly stopped: PromiseWithResolvers<PackEnd>;
  /** Null while the pack waits for its data. */
  training: RunningTraining | null;
}

/** Disposing of the pool stops its packs and waits until its threads have ended. */
export class ThreadPool<
  Request extends TrialsRequest = TrainingRequest,
> implements AsyncDisposable {
  readonly #pool: TrainingThreads<Request>;
  readonly #running = new Map<string, RunningPack>();

  constructor(threads: TrainingThreads<Request>) {
    this.#pool = threads;
  }

  /**
   * @param request   if it is a promise that rejects, the pack is `stopped`
   * @param withRungs whether the end of the pack has the rungs of its members
   * @throws if the thread fails
   */
  async train(
    name: string,
    request: Request | Promise<Request>,
    onMeasured: (member: number, measurement: Measurement) => void,
    withRungs = false,
  ): Promise<PackEnd> {
    assert(!this.#running.has(name), () => `pack ${name} runs once`);
    const abort = new AbortController();
    const pack: RunningPack = { abort, stopped: Promise.withResolvers(), training: null };
    this.#running.set(name, pack);
    try {
      return await Promise.race([
        pack.stopped.promise,
        this.#run(pack, request, onMeasured, withRungs),
      ]);
    } finally {
      this.#running.delete(name);
    }
  }

  async #run(
    pack: RunningPack,
    request: Request | Promise<Request>,
    onMeasured: (member: number, measurement: Measurement) => void,
    postRungs: boolean,
  ): Promise<PackEnd> {
    let ready: Request;
    try {
      ready = await request;
    } catch (error) {
      // The trials did not cause the failure: they are returned, and no failure is counted.
      return { kind: 'stopped', reason: errorMessage(error) };
    }
    const rungs: ReachedRung[][] = ready.params.map(() => []);
    let isRejected = false;
    const onMessage = (message: TrainingMessage): void => {
      if (message.kind === 'rejected') isRejected = true;
      if (message.kind === 'measured') onMeasured(message.member, message.measurement);
      if (message.kind === 'rung') rungs[message.member]?.push(message.rung);
    };
    pack.training = this.#pool.start(ready, onMessage, { postRungs, signal: pack.abort.signal });
    let results: TrialResult[] | null;
    try {
      results = await pack.training.finished;
    } catch (error) {
      if (!(error instanceof RidgelineError && error.code === 'MACHINE_UNFIT')) throw error;
      // The machine caused the failure, not the trials.
      return { kind: 'stopped', reason: error.what };
    }
    assert(results !== null, 'a pack is stopped by terminating its thread');
    const output = pack.training.output?.() ?? '';
    return { kind: 'ended', results, rungs, isRejected, output };
  }

  /** Terminates the thread of a pack, also if the thread hangs. */
  stop(name: string, reason: string): void {
    const pack = this.#running.get(name);
    pack?.stopped.resolve({ kind: 'stopped', reason });
    pack?.abort.abort();
  }

  /** A counter per running pack. It grows while the pack is trained. */
  progress(): Map<string, number> {
    const packs = [...this.#running];
    return new Map(packs.map(([name, { training }]) => [name, training?.progress() ?? 0]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#running.keys()) this.stop(name, 'the worker is stopping');
    await this.#pool[Symbol.asyncDispose]();
  }
}
