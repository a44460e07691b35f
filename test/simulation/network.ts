/**
 * Simulated network: streams with two directions. Messages arrive late and in order until the stream
 * breaks. The ends may notice the break at different times, and messages in flight are lost. A direction
 * may stall.
 *
 * gRPC rules out two faults that a broken worker can still cause: reordered messages, and repeated
 * messages (`simulated-worker.ts`).
 */
import type { Chance, Timeline } from './timeline.ts';

export type Direction = 'up' | 'down';

/** One end of a stream: a process, which may be stopped and read later. */
export interface Reader {
  /** Runs now, or when the process continues; never if it has ended. */
  read(run: () => void): void;
}

export class Link {
  isDead = false;
  /** Messages in flight at the break do not arrive. */
  isLost = false;
  isOpenAtWorker = true;
  isOpenAtCoordinator = true;
  readonly blockedUntilMs: Record<Direction, number> = { up: 0, down: 0 };
  readonly lastMs: Record<Direction, number> = { up: 0, down: 0 };
  /** Called once, when this end notices the break. */
  onClosedAtWorker: () => void = () => undefined;
  onClosedAtCoordinator: () => void = () => undefined;
}

export class Network {
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  reorder = 0;

  constructor(timeline: Timeline, chance: Chance) {
    this.#timeline = timeline;
    this.#chance = chance;
  }

  send(link: Link, direction: Direction, reader: Reader, deliver: () => void): void {
    if (link.isDead) return;
    const { nowMs } = this.#timeline;
    let atMs = Math.max(nowMs + this.#chance.between(1, 40), link.blockedUntilMs[direction]);
    const isFirst = link.lastMs[direction] === 0;
    if (direction === 'up' && !isFirst && this.#chance.happens(this.reorder))
      atMs += this.#chance.between(0, 3_000);
    else atMs = link.lastMs[direction] = Math.max(atMs, link.lastMs[direction]);
    this.#timeline.at(atMs, () => {
      reader.read(() => {
        const isOpen = direction === 'up' ? link.isOpenAtCoordinator : link.isOpenAtWorker;
        if (!link.isLost && isOpen) deliver();
      });
    });
  }

  /** Breaks the stream; each end notices within `mostMs`. */
  break(link: Link, worker: Reader, coordinator: Reader, mostMs: number): void {
    if (link.isDead) return;
    link.isDead = true;
    link.isLost = this.#chance.draw() < 0.5;
    this.#timeline.later(this.#chance.draw() * mostMs, () =>
      worker.read(() => this.closeAtWorker(link)),
    );
    this.#timeline.later(this.#chance.draw() * mostMs, () =>
      coordinator.read(() => this.closeAtCoordinator(link)),
    );
  }

  closeAtWorker(link: Link): void {
    if (!link.isOpenAtWorker) return;
    link.isOpenAtWorker = false;
    link.onClosedAtWorker();
  }

  closeAtCoordinator(link: Link): void {
    if (!link.isOpenAtCoordinator) return;
    link.isOpenAtCoordinator = false;
    link.onClosedAtCoordinator();
  }
}
