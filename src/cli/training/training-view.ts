/** Training view: progress on stderr, one line per running seed in a terminal, one per measurement elsewhere. */
import {
  measuredLine,
  progressLine,
  type SeedProgress,
} from '../../report/terminal/training-progress.ts';
import type { Measurement } from '../../study/trial.ts';
import type { Context } from '../process/context.ts';
import { LiveRegion } from '../process/live-region.ts';

export class TrainingView implements Disposable {
  readonly #region: LiveRegion;
  #lines: () => readonly SeedProgress[] = () => [];
  #work: string | null = null;

  constructor(context: Context) {
    this.#region = new LiveRegion(context, () => this.#draw());
  }

  /** @param lines called at each redraw */
  watch(lines: () => readonly SeedProgress[]): void {
    this.#lines = lines;
  }

  /** Shows work that is not training; null: none. Outside of a terminal, only its first text is printed. */
  working(text: string | null): void {
    if (this.#work === null && text !== null && !this.#region.isLive) this.say(text);
    this.#work = text;
    this.#draw();
  }

  measured(seed: number, epochs: number, measurement: Measurement): void {
    if (!this.#region.isLive) this.say(measuredLine(seed, epochs, measurement));
  }

  /** Prints a line that stays. */
  say(text: string): void {
    this.#region.say(text);
  }

  [Symbol.dispose](): void {
    this.#region[Symbol.dispose]();
  }

  #draw(): void {
    const lines = this.#lines().map((state) => progressLine(state, this.#region.textOptions));
    this.#region.draw(this.#work === null ? lines : [...lines, this.#work]);
  }
}
