/** Training seen on stderr: a line for each running seed on a terminal, a line a measurement elsewhere. */
import { createLogUpdate } from 'log-update';
import {
  measuredLine,
  progressLine,
  type SeedProgress,
} from '../../report/terminal/training-progress.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { Measurement } from '../../study/trial.ts';
import {
  isUnicode,
  paintFor,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';

const redrawMs = 200;

export class TrainingView implements Disposable {
  readonly #context: Context;
  readonly #flags: CommonFlags;
  readonly #isLive: boolean;
  readonly #region: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout | null;
  #lines: () => readonly SeedProgress[] = () => [];
  #work: string | null = null;
  #isClosed = false;

  constructor(context: Context, flags: CommonFlags) {
    this.#context = context;
    this.#flags = flags;
    this.#isLive =
      flags.quiet !== true &&
      context.stderr.isTTY &&
      (context.env['CI'] ?? '') === '' &&
      context.env['TERM'] !== 'dumb';
    this.#region = createLogUpdate(context.stderr, { showCursor: true });
    this.#timer = this.#isLive ? setInterval(() => this.#draw(), redrawMs) : null;
  }

  /** @param lines asked for at each redrawing */
  watch(lines: () => readonly SeedProgress[]): void {
    this.#lines = lines;
  }

  /** What goes on that is not training; null: nothing. On a terminal only its last text stays to be seen. */
  working(text: string | null): void {
    if (this.#work === null && text !== null && !this.#isLive) this.say(text);
    this.#work = text;
    if (this.#isLive) this.#draw();
  }

  measured(seed: number, epochs: number, measurement: Measurement): void {
    if (!this.#isLive) this.say(measuredLine(seed, epochs, measurement));
  }

  /** A sentence that stays. */
  say(text: string): void {
    if (this.#flags.quiet === true) return;
    if (this.#isLive && !this.#isClosed) this.#region.clear();
    this.#context.stderr.write(`${text}\n`);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#isLive) this.#region.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #draw(): void {
    const options = this.#textOptions();
    const lines = this.#lines().map((state) => progressLine(state, options));
    if (this.#work !== null) lines.push(this.#work);
    this.#region(lines.join('\n'));
  }

  #textOptions(): TextOptions {
    const { stderr } = this.#context;
    return {
      width: widthOf(this.#context, stderr),
      color: paintFor(this.#context, this.#flags, stderr),
      unicode: isUnicode(this.#context),
    };
  }
}
