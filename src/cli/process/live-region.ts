/** Live region: progress on stderr, redrawn in place in a terminal, and lines that stay above it. */
import { createLogUpdate } from 'log-update';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { CommonFlags, Context } from './context.ts';
import { isLive, textOptions } from './terminal.ts';

const redrawMs = 200;

export class LiveRegion implements Disposable {
  /** Whether the region is drawn; otherwise only lines are printed. */
  readonly isLive: boolean;
  readonly #context: Context;
  readonly #flags: CommonFlags;
  readonly #region: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout | null;
  #isClosed = false;

  /** @param onTick called at each redraw while the region is live; null: it is never live */
  constructor(context: Context, flags: CommonFlags, onTick: (() => void) | null) {
    this.#context = context;
    this.#flags = flags;
    this.isLive = onTick !== null && isLive(context, flags);
    this.#region = createLogUpdate(context.stderr, { showCursor: true });
    this.#timer = this.isLive && onTick !== null ? setInterval(onTick, redrawMs) : null;
  }

  get textOptions(): TextOptions {
    return textOptions(this.#context, this.#flags, this.#context.stderr);
  }

  /** Replaces the lines of the region. */
  draw(lines: readonly string[]): void {
    if (this.isLive && !this.#isClosed) this.#region(lines.join('\n'));
  }

  /** Prints a line that stays, unless `--quiet` is given. */
  say(text: string): void {
    if (this.#flags.quiet === true) return;
    if (this.isLive && !this.#isClosed) this.#region.clear();
    this.#context.stderr.write(`${text}\n`);
  }

  /** Clears the region; lines may still be printed. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.isLive) this.#region.clear();
  }
}
