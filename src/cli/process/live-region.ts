/** Live region: progress on stderr, redrawn in place in a terminal, and lines that stay above it. */
import type { createLogUpdate } from 'log-update';
import type { TextOptions } from '../../report/text/text-options.ts';
import { say, type Context } from './context.ts';
import { isLive, textOptions } from './terminal.ts';

const redrawMs = 200;

export abstract class LiveRegion implements Disposable {
  /** Whether the region is drawn; otherwise only lines are printed. */
  protected readonly isLive: boolean;
  protected readonly context: Context;
  /** Null if nothing is drawn, and until the library is loaded, which would delay the start of workers. */
  #region: ReturnType<typeof createLogUpdate> | null = null;
  readonly #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param hasRegion whether the region is drawn if the terminal allows it */
  constructor(context: Context, hasRegion = true) {
    this.context = context;
    this.isLive = hasRegion && isLive(context);
    if (!this.isLive) return;
    void this.#open();
    this.#timer = setInterval(() => this.redraw(), redrawMs);
  }

  /** Called at regular intervals while the region is live. */
  protected abstract redraw(): void;

  /** Whether nothing is drawn or printed. */
  protected get isSilent(): boolean {
    return !this.isLive && this.context.flags.quiet === true;
  }

  protected get textOptions(): TextOptions {
    return textOptions(this.context, this.context.stderr);
  }

  /** Replaces the lines of the region. */
  protected draw(lines: readonly string[]): void {
    if (!this.#isClosed) this.#region?.(lines.join('\n'));
  }

  /** Prints a line that stays, unless `--quiet` is given. */
  say(text: string): void {
    if (!this.#isClosed) this.#region?.clear();
    say(this.context, text);
  }

  /** Clears the region; lines may still be printed. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#region?.clear();
  }

  async #open(): Promise<void> {
    // Loaded here, since most processes have no terminal.
    const { createLogUpdate: create } = await import('log-update');
    this.#region = create(this.context.stderr, { showCursor: true });
  }
}
