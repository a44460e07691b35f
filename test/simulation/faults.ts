/** Fault injection: the kinds of faults in a simulated history, and their rates. */
import type { Chance } from './timeline.ts';

/** Probabilities per worker, five times a second. */
interface WorkerFaults {
  readonly crash: number;
  /** The stream breaks; both ends notice at once. */
  readonly cut: number;
  /** The stream breaks; each end notices by its own keepalive. */
  readonly halfOpen: number;
  /** One direction of the stream stalls for a while. */
  readonly stall: number;
  readonly stop: number;
  readonly drain: number;
}

/** Probabilities, five times a second. */
interface CoordinatorFaults {
  readonly crash: number;
  readonly stop: number;
  readonly wallJump: number;
  readonly storeFull: number;
  /** A commit fails, but its rows may be on disk. */
  readonly storeFails: number;
  /** The operator pauses or cancels a study. */
  readonly pause: number;
  readonly cancel: number;
  readonly drainOrder: number;
}

export interface Faults {
  readonly worker: WorkerFaults;
  readonly coordinator: CoordinatorFaults;
  /** Per pack: its thread hangs. */
  readonly hang: number;
  /** Per pack: its thread ends with an error. */
  readonly threadCrash: number;
  /** Per fetch of a data set. */
  readonly datasetFails: number;
  /** Per message: it is delivered again later. */
  readonly replay: number;
  /** Per message: later messages may overtake it. */
  readonly reorder: number;
  /** Per message: another worker sends a copy of it. */
  readonly foreign: number;
}

export const noFaults: Faults = {
  worker: { crash: 0, cut: 0, halfOpen: 0, stall: 0, stop: 0, drain: 0 },
  coordinator: {
    crash: 0,
    stop: 0,
    wallJump: 0,
    storeFull: 0,
    storeFails: 0,
    pause: 0,
    cancel: 0,
    drainOrder: 0,
  },
  hang: 0,
  threadCrash: 0,
  datasetFails: 0,
  replay: 0,
  reorder: 0,
  foreign: 0,
};

/** Random rates. In each history most kinds are off, so that the others have an effect. */
export function randomFaults(chance: Chance): Faults {
  const rate = (most: number): number => (chance.draw() < 0.65 ? 0 : chance.draw() * most);
  return {
    worker: {
      crash: rate(0.004),
      cut: rate(0.02),
      halfOpen: rate(0.01),
      stall: rate(0.01),
      stop: rate(0.006),
      drain: rate(0.003),
    },
    coordinator: {
      crash: rate(0.006),
      stop: rate(0.008),
      wallJump: rate(0.01),
      storeFull: rate(0.004),
      storeFails: rate(0.004),
      pause: rate(0.004),
      cancel: rate(0.0004),
      drainOrder: rate(0.001),
    },
    hang: rate(0.05),
    threadCrash: rate(0.08),
    datasetFails: rate(0.1),
    replay: rate(0.05),
    reorder: rate(0.05),
    foreign: rate(0.03),
  };
}
