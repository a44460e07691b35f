/**
 * The people around a simulated cluster: they hand studies in, pause and cancel them, make them longer,
 * and start them afresh. What could not be stored they were told, and they say it again.
 */
import type { StageSpec, StudySpec } from '../../src/study/spec/study-spec.ts';
import { isOver, type StudyStatus } from '../../src/study/trial.ts';
import type { ModelStore } from './model-store.ts';
import type { SimulatedCoordinator } from './simulated-coordinator.ts';
import type { SimulatedSubmissions } from './simulated-submissions.ts';
import type { Chance, Timeline } from './timeline.ts';

/** What somebody will do to a study, once. */
export interface Plan {
  readonly study: string;
  /** After the one before it was done; the first: after the start. */
  readonly afterMs: number;
  readonly change: 'more trials' | 'another stage' | 'both' | 'afresh';
}

interface Surroundings {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly coordinator: SimulatedCoordinator;
  readonly submissions: SimulatedSubmissions;
  readonly store: ModelStore;
}

const againMs = 3_000;

export class Operator {
  readonly #at: Surroundings;
  /** As they were last handed in, by name. */
  readonly #specs: Map<string, StudySpec>;
  #plans: readonly Plan[];

  constructor(at: Surroundings, studies: readonly StudySpec[], plans: readonly Plan[]) {
    this.#at = at;
    this.#specs = new Map(studies.map((spec) => [spec.study, spec]));
    this.#plans = plans;
    for (const [index, { study }] of studies.entries())
      at.timeline.later(index * 5_000, () => this.#submit(study));
    this.#planNext();
  }

  /** Nothing is planned any more, and all studies are over. */
  get isDone(): boolean {
    return this.#plans.length === 0 && this.unfinished() === null;
  }

  /** A study that has not come to its end. */
  unfinished(): string | null {
    for (const study of this.#specs.keys()) {
      const status = this.#status(study);
      if (status === null || !isOver(status)) return `${study} is ${status ?? 'unknown'}`;
    }
    return null;
  }

  /** A paused study goes on some time later. */
  pauseOrCancel(what: 'pause' | 'cancel'): void {
    const { chance, timeline } = this.#at;
    const names = [...this.#specs.keys()];
    const name = names[chance.whole(0, names.length - 1)] ?? '';
    this.#set(name, what);
    if (what === 'pause')
      timeline.later(chance.between(0, 20_000), () => this.#set(name, 'resume'));
  }

  /** From now on nothing stays paused. */
  resumeAll(): void {
    for (const study of this.#specs.keys())
      if (this.#status(study) === 'paused') this.#set(study, 'resume');
    this.#at.timeline.later(60_000, () => this.resumeAll());
  }

  #status(study: string): StudyStatus | null {
    return this.#at.store.studies.get(study)?.record.status ?? null;
  }

  #set(name: string, change: 'pause' | 'resume' | 'cancel'): void {
    const { coordinator } = this.#at;
    coordinator.read(() =>
      coordinator.decide((dispatcher, now) => {
        const status = dispatcher.state.studies.get(name)?.status;
        if (status === undefined || isOver(status)) return { persist: [], afterCommit: [] };
        if (change === 'cancel') return dispatcher.cancel(name, 'no longer needed', now);
        return change === 'pause' ? dispatcher.pause(name, now) : dispatcher.resume(name, now);
      }),
    );
  }

  #insist(isSo: () => boolean, say: () => void, then: () => void): void {
    if (isSo()) return then();
    this.#at.coordinator.read(say);
    this.#at.timeline.later(againMs, () => this.#insist(isSo, say, then));
  }

  #submit(study: string): void {
    const isStored = (): boolean => this.#status(study) !== null;
    const say = (): void => this.#at.submissions.submit(this.#specs.get(study)!);
    this.#insist(isStored, say, () => undefined);
  }

  #planNext(): void {
    const [plan] = this.#plans;
    if (plan !== undefined) this.#at.timeline.later(plan.afterMs, () => this.#carryOut(plan));
  }

  #carryOut({ study, change }: Plan): void {
    const { submissions, store } = this.#at;
    const before = this.#specs.get(study)!;
    const spec = changed(before, change);
    this.#specs.set(study, spec);
    const isSo = (): boolean => {
      const record = store.studies.get(study)?.record;
      if (record === undefined) return false;
      const isLeft = change !== 'afresh' && ['failed', 'cancelled'].includes(record.status);
      return isLeft || JSON.stringify(record.spec) === JSON.stringify(spec);
    };
    const say = (): void => {
      if (change === 'afresh') submissions.submitAfresh(spec);
      else if (this.#status(study) !== null) submissions.extend(spec);
    };
    this.#insist(isSo, say, () => {
      this.#plans = this.#plans.slice(1);
      this.#planNext();
    });
  }
}

function changed(spec: StudySpec, change: Plan['change']): StudySpec {
  if (change === 'afresh') return { ...spec, seed: spec.seed + 10_000 };
  const stages = spec.stages.map((stage, index): StageSpec => {
    const isLast = index === spec.stages.length - 1;
    return isLast && change !== 'another stage' ? { ...stage, trials: stage.trials + 3 } : stage;
  });
  if (change === 'more trials') return { ...spec, stages };
  const { name } = stages.at(-1)!;
  const lambda = { kind: 'narrow', distribution: 'log_uniform', narrow: name } as const;
  return { ...spec, stages: [...stages, { name: `${name}-er`, trials: 4, lambda }] };
}
