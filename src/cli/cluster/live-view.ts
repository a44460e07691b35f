/**
 * A running study on stderr: a live region on a terminal, a line per finished trial elsewhere. Nothing
 * of it is a result; `--quiet` leaves it out.
 */
import { createLogUpdate } from 'log-update';
import type { LiveEvent } from '../../coordinator/core/state/cluster-state.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { liveLines, trialLine } from '../../report/terminal/live-lines.ts';
import { countText } from '../../report/text/number-format.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import { validationCountOf, valueError } from '../../search/statistics/study-statistics.ts';
import type { Objective } from '../../study/spec/study-spec.ts';
import { trialName, type StageRecord, type TrialRecord } from '../../study/trial.ts';
import {
  isUnicode,
  paintFor,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { Pace } from './throughput.ts';

export interface LiveViewOptions {
  readonly context: Context;
  readonly flags: CommonFlags;
  readonly coordinator: Coordinator;
  /** The study to show; null: a line for every study's events. */
  readonly study: string | null;
}

const redrawMs = 200;
const recentMax = 5;
/** Lines of the region beside the last trials; what is left of a small terminal is theirs. */
const otherLines = 12;

export class LiveView implements Disposable {
  readonly #options: LiveViewOptions;
  readonly #isLive: boolean;
  readonly #region: ReturnType<typeof createLogUpdate>;
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout | null;
  readonly #objectives = new Map<string, Objective>();
  readonly #pace = new Pace();
  #recent: readonly TrialRecord[] = [];
  #validationCount: number | null = null;
  #closed = false;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    const { context, coordinator } = options;
    this.#isLive =
      options.study !== null &&
      context.stderr.isTTY &&
      (context.env['CI'] ?? '') === '' &&
      context.env['TERM'] !== 'dumb';
    this.#region = createLogUpdate(context.stderr, { showCursor: true });
    this.#stopListening = coordinator.listen((event) => this.#received(event));
    this.#timer =
      this.#isLive && options.flags.quiet !== true
        ? setInterval(() => this.#draw(), redrawMs)
        : null;
  }

  /** A sentence that stays. */
  say(text: string): void {
    if (this.#options.flags.quiet === true) return;
    if (this.#isLive && !this.#closed) this.#region.clear();
    this.#options.context.stderr.write(`${text}\n`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopListening();
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#isLive) this.#region.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #received(event: LiveEvent): void {
    const { study } = this.#options;
    // What others still had to say of theirs.
    if (study !== null && 'study' in event && event.study !== study) return;
    const prefix =
      study === null && 'study' in event && event.study !== null ? `${event.study}  ` : '';
    switch (event.kind) {
      case 'trial-ended': {
        if (event.study === study) this.#remember(event.trial);
        const objective = this.#objectiveOf(event.study);
        if (!this.#isLive && objective !== null)
          this.say(prefix + trialLine(event.trial, objective, this.#textOptions()));
        break;
      }
      case 'stage-opened':
        this.say(`${prefix}${openedWords(event.stage)}`);
        break;
      case 'race-round':
        this.say(
          `${prefix}stage ${event.stage}: ${event.trials} of ${event.of} λ may be the best; another replicate of each`,
        );
        break;
      case 'worker-joined':
        this.say(`worker ${event.worker} joined with ${countText(event.threads, 'thread')}`);
        break;
      case 'worker-lost':
        this.say(`worker ${event.worker} is lost: ${event.reason}; its trials go to others`);
        break;
      case 'worker-left':
        if (study === null) this.say(`worker ${event.worker} left: ${event.reason}`);
        break;
      case 'worker-ineligible':
        this.say(`worker ${event.worker} is given nothing of ${event.study}: ${event.reason}`);
        break;
      case 'attempt-lost':
        this.say(
          `${prefix}${trialName(event.trial)}: attempt ${event.attempt} on ${event.worker} ended without a result: ${event.reason}`,
        );
        break;
      case 'result-disputed':
        this.say(
          `${prefix}${trialName(event.trial)}: ${event.worker} computed another result; results are disputed`,
        );
        break;
      case 'study-ended':
        if (study === null)
          this.say(
            `${event.study} is ${event.status}${event.reason === null ? '' : `: ${event.reason}`}`,
          );
        break;
      case 'worker-quarantined':
        this.say(`worker ${event.worker} is quarantined: ${event.reason}`);
        break;
      case 'stage-closed':
      case 'measured':
        break;
    }
  }

  #draw(): void {
    const { coordinator, study } = this.#options;
    const progress = study === null ? null : coordinator.overview.study(study);
    const objective = study === null ? null : this.#objectiveOf(study);
    if (progress === null || objective === null) return;
    const nowMs = performance.now();
    const workers = coordinator
      .workers()
      .filter((worker) => worker.state !== 'lost')
      .map((worker) => ({
        ...worker,
        trialsPerMinute: this.#pace.ofWorker(worker.name, worker.trialsCompleted, nowMs),
      }));
    const { best } = progress;
    const state = {
      ...progress,
      best: best && {
        ...best,
        standardError: valueError(best.value, objective, this.#validationCount),
      },
      workers,
      objective,
      pace: this.#pace.ofStage(progress.stage, progress.done, nowMs),
      recent: this.#recent.slice(-this.#recentShown()),
    };
    this.#region(liveLines(state, this.#textOptions()).join('\n'));
  }

  #remember(trial: TrialRecord): void {
    const { study } = this.#options;
    this.#recent = [...this.#recent, trial].slice(-recentMax);
    // Bits are not kept in memory: one trial's, from the store, tell how many images there are.
    if (this.#validationCount !== null || trial.status !== 'complete' || study === null) return;
    const stored = this.#options.coordinator.store.trial(study, trial.id);
    this.#validationCount = stored === null ? null : validationCountOf(stored);
  }

  /** A region taller than the terminal could not be redrawn. */
  #recentShown(): number {
    const rows = this.#options.context.stderr.rows ?? 24;
    return Math.max(1, Math.min(recentMax, rows - otherLines));
  }

  #objectiveOf(study: string): Objective | null {
    const known =
      this.#objectives.get(study) ??
      this.#options.coordinator.store.study(study)?.spec.objective ??
      null;
    if (known !== null) this.#objectives.set(study, known);
    return known;
  }

  #textOptions(): TextOptions {
    const { context, flags } = this.#options;
    return {
      width: widthOf(context, context.stderr),
      color: paintFor(context, flags, context.stderr),
      unicode: isUnicode(context),
    };
  }
}

function openedWords({ name, trials, range, reason }: StageRecord): string {
  const given =
    range === null ? '' : `from ${range.min.toExponential(2)} to ${range.max.toExponential(2)}`;
  return `stage ${name}: ${trials} trials, λ ${reason ?? given}`;
}
