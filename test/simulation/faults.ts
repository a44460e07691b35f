/** What may go wrong in a simulated history, and how often. */
import type { Chance } from './timeline.ts';

/** For each worker, five times a second. */
interface WorkerFaults {
  readonly crash: number;
  /** Both ends learn of it at once. */
  readonly cut: number;
  /** Each end learns of it by its own keepalive. */
  readonly halfOpen: number;
  /** One direction stalls for a while. */
  readonly stall: number;
  readonly stop: number;
  readonly drain: number;
}

/** Five times a second. */
interface CoordinatorFaults {
  readonly crash: number;
  readonly stop: number;
  readonly wallJump: number;
  readonly storeFull: number;
  /** A commit fails, and may be on disk all the same. */
  readonly storeFails: number;
  /** The operator pauses a study, or cancels one. */
  readonly pause: number;
  readonly cancel: number;
  readonly drainOrder: number;
}

export interface Faults {
  readonly worker: WorkerFaults;
  readonly coordinator: CoordinatorFaults;
  /** Of a pack: its thread stands still, or ends with an error. */
  readonly hang: number;
  readonly threadCrash: number;
  readonly datasetFails: number;
  /** Of a message. */
  readonly replay: number;
  readonly reorder: number;
  /** Of a message: another worker says it too. */
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

/** Each history has its own mixture: most kinds are switched off in it, so that the others are seen. */
export function drawFaults(chance: Chance): Faults {
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
