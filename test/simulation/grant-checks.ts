/** Who is given what, of those that are here: asked of every attempt that is opened. */
import { assert } from '../../src/base/assert.ts';
import type { WorkerEntry } from '../../src/coordinator/core/state/cluster-state.ts';
import type { RowOf } from '../../src/store/rows.ts';
import { trialName } from '../../src/study/trial.ts';
import { isCharged, type ModelStore } from './model-store.ts';
import { settings } from './simulated-coordinator.ts';
import type { WorkerKind } from './simulated-worker.ts';
import type { Timeline } from './timeline.ts';

type Grant = RowOf<'attempt-opened'>;

/** Commits and ticks take their time. */
const slackMs = 60;
/** The least time in which a worker is given nothing after a failure. */
const restMs = 1_000;

export class GrantChecks {
  readonly #timeline: Timeline;
  readonly #store: ModelStore;
  readonly #kindOf: (worker: string) => WorkerKind;
  #workers: readonly WorkerEntry[] = [];
  #builtAwakeMs = -Infinity;
  #stoppedAtMs = -Infinity;
  /** By session: when a pack of it failed, it was told to leave, its stream closed. */
  readonly #failedAtMs = new Map<string, number>();
  readonly #drainedAtMs = new Map<string, number>();
  readonly #cutAtMs = new Map<string, number>();
  /** Sessions that say themselves that they drain. Whoever comes back then is a stranger until it says so again. */
  readonly #leaving = new Set<string>();

  constructor(timeline: Timeline, store: ModelStore, kindOf: (worker: string) => WorkerKind) {
    this.#timeline = timeline;
    this.#store = store;
    this.#kindOf = kindOf;
  }

  /** @param awakeMs for how long coordinators have run */
  coordinatorBuilt(awakeMs: number, hasStudies: boolean): void {
    this.#builtAwakeMs = hasStudies ? awakeMs : -Infinity;
    this.coordinatorStopped();
  }

  /** What was decided before may be stored after. */
  coordinatorStopped(): void {
    for (const times of [this.#failedAtMs, this.#drainedAtMs, this.#cutAtMs]) times.clear();
    this.#stoppedAtMs = this.#timeline.nowMs;
  }

  drained(session: string): void {
    this.#drainedAtMs.set(session, this.#timeline.nowMs);
  }

  leaves(session: string): void {
    this.#leaving.add(session);
  }

  streamOpened(session: string): void {
    this.#cutAtMs.delete(session);
  }

  streamClosed(session: string): void {
    this.#cutAtMs.set(session, this.#timeline.nowMs);
  }

  /** How long ago; infinite where it did not happen. */
  #since(times: ReadonlyMap<string, number>, session: string): number {
    return this.#timeline.nowMs - (times.get(session) ?? -Infinity);
  }

  closed({ study, trial, attempt, outcome }: RowOf<'attempt-closed'>): void {
    const session = this.#store.trial(study, trial).log[attempt - 1]?.session ?? '';
    const isLate = this.#timeline.nowMs - this.#stoppedAtMs < slackMs;
    if (!isLate && (outcome === 'crashed' || outcome === 'timeout'))
      this.#failedAtMs.set(session, this.#timeline.nowMs);
  }

  check(grant: Grant, workers: Iterable<WorkerEntry>, awakeMs: number): void {
    const { worker, session, kind } = grant.attempt;
    this.#workers = [...workers];
    const isFit = this.#kindOf(worker) !== 'foreign' || this.#takesAny(grant.study);
    assert(isFit, `${worker} computes other bits, and is granted work`);
    if (!this.#leaving.has(session)) this.#checkFree(worker, session);
    if (kind === 'audit') this.#checkAuditor(grant, awakeMs);
    if (kind === 'search') this.#checkRetry(grant);
    if (kind === 'test') this.#checkTester(grant);
  }

  #checkFree(worker: string, session: string): void {
    const drainedMs = this.#since(this.#drainedAtMs, session);
    const isLeaving = Number.isFinite(drainedMs) && drainedMs > slackMs;
    assert(!isLeaving, `${worker} was told to leave, and is granted work`);
    const restedMs = this.#since(this.#failedAtMs, session);
    assert(restedMs >= restMs - slackMs, `${worker} has failed ${restedMs} ms ago, and rests`);
  }

  #takesAny(study: string): boolean {
    return this.#store.study(study).record.spec.numerics === 'any';
  }

  /** A machine audits itself only where no other one is here. */
  #checkAuditor({ study, attempt }: Grant, awakeMs: number): void {
    const trial = this.#store.trial(study, attempt.trial);
    const computed = new Set(
      trial.log
        .filter(
          // A test of the winner is no vote.
          ({ fingerprint, session, kind }) =>
            fingerprint !== null && kind !== 'test' && !this.#store.convicted.has(session),
        )
        .map(({ worker }) => worker),
    );
    if (!computed.has(attempt.worker)) return;
    const sinceMs = awakeMs - this.#builtAwakeMs;
    assert(sinceMs >= settings.leaseMs - slackMs, 'those that may come back after a restart audit');
    const isCutOff = ({ connected, reportedLost, draining, session }: WorkerEntry): boolean => {
      const cutMs = this.#since(this.#cutAtMs, session);
      return !connected && !reportedLost && !draining && cutMs > slackMs && Number.isFinite(cutMs);
    };
    const others = [...this.#fitWorkers(), ...this.#workers.filter(isCutOff)].filter(
      ({ name, session }) => !computed.has(name) && !this.#store.convicted.has(session),
    );
    assert(others.length === 0, `${attempt.worker} audits itself while ${others[0]?.name} is here`);
  }

  /** What was lost on a machine is tried on another one, where one is here. */
  #checkRetry({ study, attempt }: Grant): void {
    const { log } = this.#store.trial(study, attempt.trial);
    const failedOn = new Set(log.filter(isCharged).map(({ worker }) => worker));
    if (!failedOn.has(attempt.worker)) return;
    const others = this.#fitWorkers().filter(({ name }) => !failedOn.has(name));
    assert(
      others.length === 0,
      `a trial goes back to ${attempt.worker} while ${others[0]?.name} is here`,
    );
  }

  /** The winner is tested on a machine that has not trained it, where one is here; not for ever. */
  #checkTester({ study, attempt }: Grant): void {
    const { worker, log } = this.#store.trial(study, attempt.trial);
    const lost = log.filter((other) => other.kind === 'test' && isCharged(other));
    const { replicates } = this.#store.study(study).record.spec;
    assert(lost.length < 3 * replicates, `${trialName(attempt.trial)} is tested without end`);
    if (attempt.worker !== worker || this.#takesAny(study)) return;
    const others = this.#fitWorkers().filter(({ name }) => name !== worker);
    assert(others.length === 0, `${worker} tests its own while ${others[0]?.name} is here`);
  }

  #fitWorkers(): WorkerEntry[] {
    return this.#workers.filter(
      (worker) =>
        isFit(worker) &&
        this.#kindOf(worker.name) !== 'foreign' &&
        !this.#store.convicted.has(worker.session),
    );
  }
}

function isFit(worker: WorkerEntry): boolean {
  return (
    worker.connected &&
    !worker.draining &&
    worker.datasetFailures.size === 0 &&
    worker.suspendedUntilMs === 0
  );
}
