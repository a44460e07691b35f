/** Live region: progress on stderr, redrawn in place in a terminal, and lines that stay above it. */
import { stripVTControlCharacters } from 'node:util';
import type { createLogUpdate } from 'log-update';
import type { TextOptions } from '../../report/text/text-options.ts';
import { displayWidth } from '../../report/text/display-width.ts';
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
  /** The lines on the screen. */
  #drawn: readonly string[] = [];
  readonly #onResize = (): void => this.#clearBrokenLines();
  #isClosed = false;

  /** @param hasRegion whether the region is drawn if the terminal allows it */
  constructor(context: Context, hasRegion = true) {
    this.context = context;
    this.isLive = hasRegion && isLive(context);
    if (!this.isLive) return;
    void this.#open();
    context.stderr.on('resize', this.#onResize);
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
    if (this.#isClosed || this.#region === null) return;
    this.#region(lines.join('\n'));
    this.#drawn = lines;
  }

  /** Prints a line that stays, unless `--quiet` is given. */
  say(text: string): void {
    if (!this.#isClosed) this.#clear();
    say(this.context, text);
  }

  /** Clears the region; lines may still be printed. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.context.stderr.off('resize', this.#onResize);
    this.#clear();
  }

  #clear(): void {
    this.#region?.clear();
    this.#drawn = [];
  }

  /** A narrower terminal has broken lines into more rows than the region erases. */
  #clearBrokenLines(): void {
    const { stderr } = this.context;
    const rows = brokenRows(this.#drawn, stderr.columns);
    if (rows > 0) stderr.write(`\u001B[${rows}A\u001B[0J`);
    this.#clear();
  }

  async #open(): Promise<void> {
    // Loaded here, since most processes have no terminal.
    const { createLogUpdate: create } = await import('log-update');
    this.#region = create(this.context.stderr, { showCursor: true });
  }
}

/** By how many rows lines grow when the terminal breaks them at this width. */
export function brokenRows(lines: readonly string[], columns: number): number {
  const rows = lines.map((line) =>
    Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns),
  );
  return rows.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
}
