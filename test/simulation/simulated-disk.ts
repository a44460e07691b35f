/** Simulated disk: commits of a coordinator that take a while, fail, or meet the end of the process. */
import type { StoreRow } from '../../src/store/rows.ts';
import type { Chance } from './timeline.ts';

interface DiskPorts {
  readonly chance: Chance;
  /** Stores the rows. */
  apply(rows: readonly StoreRow[]): void;
  /** Runs later in the same process. */
  later(delayMs: number, run: () => void): void;
  /** Kills the process. */
  crash(): void;
}

export class SimulatedDisk {
  /** `full`: nothing is stored. `failing`: commits fail, but their rows may be on disk. */
  state: 'good' | 'full' | 'failing' = 'good';
  /** Probability that the process is killed right before, and right after, a commit. */
  crashAtCommit = 0;
  readonly #ports: DiskPorts;
  #inFlight: readonly StoreRow[] | null = null;

  constructor(ports: DiskPorts) {
    this.#ports = ports;
  }

  /** Half of the commits take a while. If the process is killed, the promise does not settle. */
  async commit(rows: readonly StoreRow[]): Promise<void> {
    const { chance } = this.#ports;
    this.#inFlight = rows;
    await new Promise<void>((resolve, reject) => {
      const finish = (): void => {
        if (chance.happens(this.crashAtCommit)) return this.#ports.crash();
        this.#inFlight = null;
        const isGood = this.state === 'good';
        if (isGood || (this.state === 'failing' && chance.draw() < 0.5)) this.#ports.apply(rows);
        if (!isGood) return reject(new Error('the disk is full or refuses'));
        if (chance.happens(this.crashAtCommit)) return this.#ports.crash();
        resolve();
      };
      if (chance.draw() < 0.5) finish();
      else this.#ports.later(chance.between(0.1, 20), finish);
    });
  }

  /** The process is killed: a commit in flight is on disk or not. */
  killed(): void {
    if (this.#inFlight !== null && this.#ports.chance.draw() < 0.5)
      this.#ports.apply(this.#inFlight);
    this.#inFlight = null;
  }
}
