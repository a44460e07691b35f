/**
 * Live view: a running study on stderr, redrawn in a terminal, one line per event elsewhere. It prints no
 * results; `--quiet` turns it off.
 */
import type { LiveEvent } from '../../coordinator/core/state/live-events.ts';
import type { Coordinator } from '../../coordinator/shell/coordinator-server.ts';
import { budgetEndText } from '../../study/budget.ts';
import { liveLines, trialLine } from '../../report/terminal/live-lines.ts';
import { countText } from '../../report/text/number-format.ts';
import { validationCountFrom, valueError } from '../../search/analysis/study-statistics.ts';
import {
  distinctTexts,
  numberStyle,
  numberStyles,
  parameterSymbol,
} from '../../study/search-space.ts';
import type { StudySpec } from '../../study/spec/study-spec.ts';
import { trialName, type StageRecord, type TrialRecord } from '../../study/trial.ts';
import type { Context } from '../process/context.ts';
import { LiveRegion } from '../process/live-region.ts';
import { lostAttemptLines, type LostAttempt } from './lost-attempts.ts';
import { stageView, Throughput } from './throughput.ts';

const recentMax = 5;
/** Lines of the region above the latest trials, at most. */
const otherLines = 12;

export class LiveView extends LiveRegion {
  readonly #coordinator: Coordinator;
  readonly #spec: StudySpec | null;
  readonly #stopListening: () => void;
  readonly #throughput = new Throughput();
  #recent: readonly TrialRecord[] = [];
  #validationCount: number | null = null;
  #isDrawing = false;
  /** Attempts that were lost in the present turn of the event loop. */
  #lost: LostAttempt[] = [];

  /** @param spec the study to show; null: a line for each event of any study */
  constructor(context: Context, coordinator: Coordinator, spec: StudySpec | null) {
    super(context, spec !== null);
    this.#coordinator = coordinator;
    this.#spec = spec;
    this.#stopListening = coordinator.listen((event) => this.#received(event));
  }

  override [Symbol.dispose](): void {
    this.#stopListening();
    super[Symbol.dispose]();
  }

  protected override redraw(): void {
    if (this.#spec !== null) void this.#drawStudy(this.#spec);
  }

  #received(event: LiveEvent): void {
    if (this.isSilent) return;
    const eventStudy = 'study' in event ? event.study : null;
    const isEveryStudy = this.#spec === null;
    if (!isEveryStudy && eventStudy !== null && eventStudy !== this.#spec.study) return;
    if (event.kind === 'attempt-lost') return this.#collectLost(event);
    const text =
      event.kind === 'trial-ended'
        ? this.#trialText(event.study, event.trial)
        : eventText(event, isEveryStudy);
    if (text === null) return;
    const isAboutTrials = !event.kind.startsWith('worker-') && event.kind !== 'study-ended';
    const isPrefixed = isAboutTrials && isEveryStudy && eventStudy !== null;
    this.say(isPrefixed ? `${eventStudy}  ${text}` : text);
  }

  /** A worker loses many attempts at once, one event each. */
  #collectLost(event: LostAttempt): void {
    this.#lost.push(event);
    if (this.#lost.length > 1) return;
    setImmediate(() => {
      for (const line of lostAttemptLines(this.#lost, this.#spec === null)) this.say(line);
      this.#lost = [];
    });
  }

  #trialText(study: string, trial: TrialRecord): string | null {
    this.#recent = [...this.#recent, trial].slice(-recentMax);
    if (this.isLive) return null;
    const spec = this.#spec ?? this.#coordinator.spec(study);
    if (spec === null) return null;
    return trialLine(trial, spec.objective, numberStyles(spec.stages), this.textOptions);
  }

  async #drawStudy({ study, objective }: StudySpec): Promise<void> {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    try {
      const progress = await this.#coordinator.overview.study(study);
      await this.#countValidationRecords(study);
      if (progress === null) return;
      const nowMs = performance.now();
      const workers = this.#coordinator.workers().filter((worker) => worker.state !== 'lost');
      const { best } = progress;
      const state = {
        ...progress,
        best: best && {
          ...best,
          standardError: valueError(best.value, objective, this.#validationCount),
        },
        workers: workers.map((worker) => ({
          ...worker,
          trialsPerMinute: this.#throughput.worker(worker.name, worker.trialsCompleted, nowMs),
        })),
        objective,
        pace: this.#throughput.stage(stageView({ progress, workers }), nowMs),
        // A region that is taller than the terminal could not be redrawn.
        recent: this.#recent.slice(-Math.max(1, (this.context.stderr.rows ?? 24) - otherLines)),
      };
      this.draw(liveLines(state, this.textOptions));
    } finally {
      this.#isDrawing = false;
    }
  }

  /** Reads the number of validation records from one stored trial: events have no validation bits. */
  async #countValidationRecords(study: string): Promise<void> {
    const trial = this.#recent.find(({ status }) => status === 'complete');
    if (this.#validationCount !== null || trial === undefined) return;
    const stored = await this.#coordinator.store.trial(study, trial.id);
    this.#validationCount = stored === null ? null : validationCountFrom(stored);
  }
}

/** @returns null for an event that is not shown */
function eventText(
  event: Exclude<LiveEvent, { kind: 'trial-ended' | 'attempt-lost' }>,
  isEveryStudy: boolean,
): string | null {
  switch (event.kind) {
    case 'stage-opened':
      return openedText(event.stage);
    case 'round-started':
      return `stage ${event.stage}: ${event.reason}`;
    case 'worker-joined':
      return `worker ${event.worker} joined with ${countText(event.threads, 'thread')}`;
    case 'worker-lost':
      return `worker ${event.worker} is lost: ${event.reason}; its trials return to the queue`;
    case 'worker-left':
      return isEveryStudy ? `worker ${event.worker} left: ${event.reason}` : null;
    case 'worker-incompatible':
      return `worker ${event.worker} receives no trials of ${event.study}: ${event.reason}`;
    case 'result-disputed':
      return `${trialName(event.trial)}: ${event.worker} computed a different result; the results are disputed`;
    case 'referee-wanted':
      return 'starting a worker on this machine to settle the dispute';
    case 'worker-backing-off':
      return `worker ${event.worker} is backing off: ${event.reason}`;
    case 'worker-unusable':
      return `worker ${event.worker} has finished nothing: ${event.reason}`;
    case 'worker-excluded':
      return `worker ${event.worker} is excluded: ${event.reason}`;
    case 'study-ended':
      if (!isEveryStudy) return null;
      return `${event.study} is ${event.status}${event.reason === null ? '' : `: ${event.reason}`}`;
    case 'budget-ended':
      return budgetEndText(event.end);
    case 'stage-closed':
    case 'measured':
      return null;
  }
}

function openedText({ name, trials, space, reason }: StageRecord): string {
  const parameters = Object.entries(space ?? {});
  const ranges = parameters.map(([parameter, distribution]) => {
    const symbol = parameterSymbol(parameter);
    if (distribution.distribution === 'values')
      return `${symbol} one of ${distribution.values.map(String).join(', ')}`;
    const { min, max } = distribution;
    const text = distinctTexts([min, max], numberStyle(distribution));
    return `${symbol} from ${text(min)} to ${text(max)}`;
  });
  return `stage ${name}: ${trials} trials, ${ranges.join(', ')}${reason === null ? '' : `. ${reason}`}`;
}
