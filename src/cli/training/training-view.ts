/** Training view: progress on stderr, one line per running seed in a terminal, one per measurement elsewhere. */
import {
  measuredLine,
  progressLine,
  type SeedProgress,
} from '../../report/terminal/training-progress.ts';
import type { Measurement } from '../../study/trial.ts';
import { LiveRegion } from '../process/live-region.ts';

export class TrainingView extends LiveRegion {
  #lines: () => readonly SeedProgress[] = () => [];
  #work: string | null = null;

  /** @param lines called at each redraw */
  watch(lines: () => readonly SeedProgress[]): void {
    this.#lines = lines;
  }

  /** Shows other work than training, such as scoring; null: none. Outside of a terminal, only the first text is printed. */
  working(text: string | null): void {
    if (this.#work === null && text !== null && !this.isLive) this.say(text);
    this.#work = text;
    this.redraw();
  }

  measured(seed: number, epochs: number, measurement: Measurement): void {
    if (!this.isLive) this.say(measuredLine(seed, epochs, measurement));
  }

  protected override redraw(): void {
    const lines = this.#lines().map((state) => progressLine(state, this.textOptions));
    this.draw(this.#work === null ? lines : [...lines, this.#work]);
  }
}
