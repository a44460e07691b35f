/**
 * Fair shares: which study receives the next pack. Studies share the threads by their priorities, so that a
 * small study does not wait for the end of a large one.
 *
 * A study that holds fewer threads than the whole part of its share is first. Among the others, the study
 * that has used the least thread time per unit of priority is next (weighted fair queueing). The first rule
 * keeps a study with short packs from waiting for long ones; the second divides the threads that are left,
 * and all threads if there are more studies than threads.
 *
 * Shares are in memory only: after a restart, all studies start with the same use.
 */
import type { ClusterState, StudyEntry } from '../state/cluster-state.ts';
import { ableWorkers, freeThreadsOf, someWorker } from '../workers/able-workers.ts';

/** Each pack counts at least so much thread time: packs that are assigned together are shared in turn. */
const packMs = 1_000;

interface Place {
  readonly study: StudyEntry;
  /** The whole part of the study's share of the threads that it can use. */
  readonly entitled: number;
}

/** The studies that compete for free threads while one event is handled. */
export class FairShares {
  readonly #state: ClusterState;
  readonly #places: Place[];

  /** @param studies in the order of their submission; the first one wins a tie */
  constructor(state: ClusterState, studies: readonly StudyEntry[]) {
    this.#state = state;
    countUse(state, studies);
    const held = threadsHeld(state);
    const usable = studies.map((study) =>
      ableWorkers(state, study).reduce((sum, worker) => sum + worker.threads, 0),
    );
    const priorities = studies.reduce(
      (sum, { priority }, at) => sum + (usable[at] === 0 ? 0 : priority),
      0,
    );
    this.#places = studies.map((study, at) => {
      study.share.threads = held.get(study.name) ?? 0;
      const share = study.priority / Math.max(1, priorities);
      return { study, entitled: Math.floor((usable[at] ?? 0) * share) };
    });
  }

  /** The study that receives the next pack; undefined if none is left. */
  next(): StudyEntry | undefined {
    const [first, ...others] = this.#places;
    if (first === undefined) return undefined;
    let best = first;
    // bug: studies-wait-for-earlier-ones
    for (const place of others) if (this.#isBefore(place, best)) best = place;
    return best.study;
  }

  /** The study was next, and has received a pack. */
  assigned({ share, priority }: StudyEntry): void {
    const usedMs = this.#used(share);
    this.#state.shares.usedMs = Math.max(this.#state.shares.usedMs, usedMs);
    share.usedMs = usedMs + packMs / priority;
    share.threads += 1;
    share.isIdle = false;
  }

  /** The study was next, and has no trial that a free thread can train. */
  remove(study: StudyEntry): void {
    if (hasFreeThread(this.#state)) study.share.isIdle = true;
    this.#places.splice(
      this.#places.findIndex((place) => place.study === study),
      1,
    );
  }

  #isBefore(a: Place, b: Place): boolean {
    const [needsA, needsB] = [a, b].map(({ study, entitled }) => study.share.threads < entitled);
    return needsA === needsB
      ? this.#used(a.study.share) < this.#used(b.study.share)
      : needsA === true;
  }

  /** A study that had nothing to train does not save its share for later. */
  #used({ isIdle, usedMs }: StudyEntry['share']): number {
    return isIdle ? Math.max(usedMs, this.#state.shares.usedMs) : usedMs;
  }
}

/** Keeps the count up to date while studies do not compete. */
export function skipUse({ shares, lastEventMs }: ClusterState): void {
  shares.countedAtMs = lastEventMs;
}

export function hasFreeThread(state: ClusterState): boolean {
  return someWorker(state, (worker) => freeThreadsOf(state, worker) > 0);
}

/** Adds the thread time since the last count to the studies that held the threads. */
function countUse({ shares, lastEventMs }: ClusterState, studies: readonly StudyEntry[]): void {
  const elapsedMs = lastEventMs - shares.countedAtMs;
  shares.countedAtMs = lastEventMs;
  for (const { share, priority } of studies) share.usedMs += (share.threads * elapsedMs) / priority;
}

/** Threads that train, by study; a study without such threads is not in it. */
function threadsHeld({ workers }: ClusterState): Map<string, number> {
  const held = new Map<string, number>();
  for (const { connected, packs } of workers.values()) {
    if (!connected) continue;
    for (const { study } of packs) held.set(study, (held.get(study) ?? 0) + 1);
  }
  return held;
}
