/**
 * Operator: the users of a simulated cluster. They submit, pause, cancel, extend, retry and replace studies, and
 * repeat a request until it is stored.
 */
import type { StageSpec, StudySpec } from '../../src/study/spec/study-spec.ts';
import { isOver, type StudyStatus } from '../../src/study/trial.ts';
import type { HistorySettings } from './history.ts';
import type { ModelStore } from './model-store.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';
import type { SimulatedSubmissions } from './simulated-submissions.ts';
import type { Chance, Timeline } from './timeline.ts';

/** One planned change of a study. */
export interface Plan {
  readonly study: string;
  /** Delay after the change before it, or after the start. */
  readonly afterMs: number;
  readonly change: 'more trials' | 'another stage' | 'both' | 'fresh' | 'retry' | 'no budget';
  /** Whether the change waits until the winner of the study is being tested, or the study is over. */
  readonly isDuringTest?: boolean;
}

interface OperatorContext {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coordinator: SimulatedCoordinator;
  readonly submissions: SimulatedSubmissions;
  readonly store: ModelStore;
}

const repeatMs = 3_000;
const testPollMs = 500;

export class Operator {
  readonly #context: OperatorContext;
  /** The studies as last submitted, by name. */
  readonly #specs: Map<string, StudySpec>;
  /** The study whose trials take results of the others. */
  readonly #reusing: string | null;
  #plans: readonly Plan[];

  constructor(
    context: OperatorContext,
    { studies, plans = [], reusing }: Pick<HistorySettings, 'studies' | 'plans' | 'reusing'>,
  ) {
    this.#context = context;
    this.#reusing = reusing?.study ?? null;
    this.#specs = new Map(studies.map((spec) => [spec.study, spec]));
    this.#plans = plans;
    for (const [index, { study }] of studies.entries()) {
      const afterMs = reusing?.study === study ? reusing.afterMs : index * 5_000;
      context.timeline.later(afterMs, () => this.#submit(study));
    }
    this.#planNext();
  }

  /** Whether all changes were made and all studies are over. */
  get isDone(): boolean {
    return this.#plans.length === 0 && this.unfinished() === null;
  }

  /** A study that is not over, with its status; null if all are. */
  unfinished(): string | null {
    for (const study of this.#specs.keys()) {
      const status = this.#status(study);
      if (status === null || !isOver(status)) return `${study} is ${status ?? 'unknown'}`;
    }
    return null;
  }

  /** Of any study. A paused one is resumed later. */
  pauseOrCancel(change: 'pause' | 'cancel'): void {
    const { chance, timeline } = this.#context;
    const names = [...this.#specs.keys()];
    const name = names[chance.whole(0, names.length - 1)] ?? '';
    this.#set(name, change);
    if (change === 'pause')
      timeline.later(chance.between(0, 20_000), () => this.#set(name, 'resume'));
  }

  /** Resumes paused studies from now on. */
  resumeAll(): void {
    for (const study of this.#specs.keys())
      if (this.#status(study) === 'paused') this.#set(study, 'resume');
    this.#context.timeline.later(60_000, () => this.resumeAll());
  }

  #status(study: string): StudyStatus | null {
    return this.#context.store.studies.get(study)?.record.status ?? null;
  }

  #set(name: string, change: 'pause' | 'resume' | 'cancel'): void {
    const { coordinator } = this.#context;
    coordinator.read(() =>
      coordinator.decide((dispatcher, now) => {
        const status = dispatcher.state.studies.get(name)?.status;
        if (status === undefined || isOver(status)) return { persist: [], afterCommit: [] };
        if (change === 'cancel') return dispatcher.cancel(name, 'no longer needed', now);
        return change === 'pause' ? dispatcher.pause(name, now) : dispatcher.resume(name, now);
      }),
    );
  }

  /** Repeats a request until it is done, then calls `next`. */
  #repeat(isDone: () => boolean, request: () => void, next: () => void): void {
    if (isDone()) return next();
    this.#context.coordinator.read(request);
    this.#context.timeline.later(repeatMs, () => this.#repeat(isDone, request, next));
  }

  #submit(study: string): void {
    const isStored = (): boolean => this.#status(study) !== null;
    const request = (): void =>
      this.#context.submissions.submit(this.#specs.get(study)!, study === this.#reusing);
    this.#repeat(isStored, request, () => undefined);
  }

  #planNext(): void {
    const [plan] = this.#plans;
    if (plan !== undefined) this.#context.timeline.later(plan.afterMs, () => this.#start(plan));
  }

  #start(plan: Plan): void {
    const record = this.#context.store.studies.get(plan.study)?.record;
    const isDue = record !== undefined && (record.winner !== null || isOver(record.status));
    if (plan.isDuringTest !== true || isDue) return this.#change(plan);
    this.#context.timeline.later(testPollMs, () => this.#start(plan));
  }

  #change({ study, change }: Plan): void {
    const { submissions, store } = this.#context;
    const before = this.#specs.get(study)!;
    const spec = changed(before, change);
    this.#specs.set(study, spec);
    let isRetried = false;
    const isDone = (): boolean => {
      const record = store.studies.get(study)?.record;
      if (record === undefined || change === 'retry') return isRetried;
      const isOverWithin = isOver(record.status) && (record.budgetEnd ?? null) === null;
      if (change === 'no budget' && isOverWithin) return true;
      return JSON.stringify(record.spec) === JSON.stringify(spec);
    };
    const request = (): void => {
      if (change === 'fresh') submissions.submitFresh(spec);
      else if (change === 'retry') submissions.retry(study, () => (isRetried = true));
      else if (change === 'no budget') submissions.continueWith(spec);
      else if (this.#status(study) !== null) submissions.extend(spec);
    };
    this.#repeat(isDone, request, () => {
      this.#plans = this.#plans.slice(1);
      this.#planNext();
    });
  }
}

function changed(spec: StudySpec, change: Plan['change']): StudySpec {
  if (change === 'fresh') return { ...spec, seed: spec.seed + 10_000 };
  if (change === 'retry') return spec;
  if (change === 'no budget') {
    const { budget: _, ...rest } = spec;
    return rest;
  }
  const stages = spec.stages.map((stage, index): StageSpec => {
    const isLast = index === spec.stages.length - 1;
    return isLast && change !== 'another stage' ? { ...stage, trials: stage.trials + 3 } : stage;
  });
  if (change === 'more trials') return { ...spec, stages };
  const { name } = stages.at(-1)!;
  const search = { lambda: { distribution: 'log_uniform', narrow: name } } as const;
  return { ...spec, stages: [...stages, { name: `${name}-er`, trials: 4, search }] };
}
