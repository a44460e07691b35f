/**
 * The simulated network: streams with two directions, each in order and late, until they break. The two
 * ends may learn of a break at different times, and what was on its way is lost. A direction may stall.
 *
 * What gRPC rules out and a broken worker may do all the same: one message overtakes another, and one
 * that was said before is said once more (`simulated-worker.ts`).
 */
import type { Chance, Timeline } from './timeline.ts';

export type Direction = 'up' | 'down';

/** One end of a stream: a process that may be stopped, and then reads later. */
export interface Reader {
  /** Now, or when it runs again; never when it has died. */
  read(run: () => void): void;
}

export class Link {
  isDead = false;
  /** What was on its way when it broke does not arrive either. */
  isLost = false;
  isOpenAtWorker = true;
  isOpenAtCoordinator = true;
  readonly blockedUntilMs: Record<Direction, number> = { up: 0, down: 0 };
  readonly lastMs: Record<Direction, number> = { up: 0, down: 0 };
  /** Told once, when the end learns that the stream is gone. */
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

  /** Nothing is sent any more, what was sent may be lost; each end learns of it within its time. */
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
