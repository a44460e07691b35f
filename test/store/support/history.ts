/**
 * History: a valid sequence of rows of one study, and the records that it amounts to.
 *
 * A model of the store in plain objects. Each choice selects one of the things that can happen next, as
 * the coordinator would do it.
 */
import type { StoredRank, StoreRow } from '../../../src/store/rows.ts';
import type { EventRecord } from '../../../src/store/store.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import {
  trialName,
  waitingTrial,
  type AttemptOutcome,
  type AttemptRecord,
  type TrialRecord,
  type TrialResult,
} from '../../../src/study/trial.ts';
import { asStored, asStoredMetric, measured, type Choice } from './choices.ts';
import { openAttempt, specNamed, studyRecord } from './records.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const failures = ['lost', 'crashed', 'timeout', 'returned'] as const;

export class History {
  study: Mutable<StudyRecord>;
  readonly trials: Mutable<TrialRecord>[] = [];
  readonly attempts: Mutable<AttemptRecord>[] = [];
  readonly events: EventRecord[] = [];
  readonly rows: StoreRow[] = [];
  ranks: StoredRank[] = [];
  #nowMs = 1_790_000_002_000;

  constructor(name: string) {
    this.study = studyRecord(specNamed(name));
    this.rows.push({ kind: 'study-created', record: { ...this.study } });
  }

  get #name(): string {
    return this.study.spec.study;
  }

  /** Does one of the things that are possible now. */
  step(choice: Choice): void {
    const possible = [
      () => this.#event(choice),
      ...(this.study.stages.some((stage) => !stage.closed) ? [() => this.#moveStage(choice)] : []),
      ...this.#onTrial(choice, ['waiting'], (trial) => this.#open(trial)),
      ...this.#onTrial(choice, ['waiting', 'running'], (trial) => this.#cancel(trial, choice)),
      ...this.#onTrial(choice, ['running'], (trial) => this.#fail(trial, choice)),
      ...this.#onTrial(choice, ['running'], (trial) => this.#end(trial, choice)),
      ...this.#onTrial(choice, ['running', 'waiting', 'failed'], (trial) =>
        this.#end(trial, choice),
      ),
      ...this.#onTrial(choice, ['complete'], (trial) => this.#crown(trial, choice)),
      ...this.#onTrial(choice, ['complete', 'failed'], (trial) => this.#audit(trial, choice)),
    ];
    possible[choice.action % possible.length]!();
  }

  #onTrial(
    choice: Choice,
    statuses: readonly string[],
    act: (trial: Mutable<TrialRecord>) => void,
  ): (() => void)[] {
    const fitting = this.trials.filter((trial) => statuses.includes(trial.status));
    return fitting.length === 0 ? [] : [() => act(fitting[choice.which % fitting.length]!)];
  }

  #event({ text }: Choice): void {
    const event = {
      atMs: ++this.#nowMs,
      study: text === '' ? null : this.#name,
      what: 'noted',
      detail: text,
    };
    this.events.push({ sequence: this.events.length + 1, ...event });
    this.rows.push({ kind: 'event', ...event });
  }

  /** Opens the first stage that is not open yet, or closes the one that is. */
  #moveStage({ lambda, text, points }: Choice): void {
    const index = this.study.stages.findIndex((stage) => !stage.closed);
    const stage = this.study.stages[index]!;
    const replace = (change: Partial<typeof stage>) => {
      this.study.stages = this.study.stages.map((entry, at) =>
        at === index ? { ...entry, ...change } : entry,
      );
      return this.study.stages[index]!;
    };
    if (stage.space !== null) {
      replace({ closed: true });
      this.rows.push({ kind: 'stage-closed', study: this.#name, stage: stage.name });
      this.#rank(points);
      return;
    }
    const max = Math.max(lambda, 1);
    const space = { lambda: { distribution: 'log_uniform', min: lambda, max } } as const;
    this.rows.push({
      kind: 'stage-opened',
      study: this.#name,
      stage: replace({ space, reason: text }),
    });
    for (let index = 1; index <= stage.trials; index++) {
      const id = { stage: stage.name, index, replicate: 1 };
      const params = { activation: text, lambda: lambda / index, mirror: points === 0 };
      this.trials.push(waitingTrial(id, params));
      this.rows.push({ kind: 'trial-created', study: this.#name, id, params });
    }
  }

  /** All trials but `unranked`, in the order of their creation. */
  #rank(unranked: number): void {
    const ranks = this.trials.map(({ id }, at) => {
      const rank = at < unranked ? null : at + 1;
      return { trial: id, rankInStage: rank, rankInStudy: rank };
    });
    this.ranks = ranks.filter(({ rankInStage }) => rankInStage !== null);
    this.rows.push({ kind: 'ranks', study: this.#name, ranks });
  }

  #attempts(trial: TrialRecord): Mutable<AttemptRecord>[] {
    return this.attempts.filter((attempt) => trialName(attempt.trial) === trialName(trial.id));
  }

  #open(trial: Mutable<TrialRecord>): void {
    const attempt = openAttempt(trial.id, this.#attempts(trial).length + 1);
    this.attempts.push({ ...attempt });
    trial.status = 'running';
    trial.attempts += 1;
    this.rows.push({ kind: 'attempt-opened', study: this.#name, attempt });
  }

  #close(trial: Mutable<TrialRecord>, outcome: AttemptOutcome, reason: string | null): boolean {
    const open = this.#attempts(trial).find((attempt) => attempt.outcome === null);
    if (open === undefined) return false;
    const countsAsFailure = outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout';
    const endedAtMs = ++this.#nowMs;
    Object.assign(open, { outcome, reason, endedAtMs });
    if (countsAsFailure && open.kind === 'search') trial.failures += 1;
    const closing = { outcome, reason, endedAtMs, countsAsFailure, fingerprint: null };
    const which = { study: this.#name, trial: trial.id, attempt: open.attempt };
    this.rows.push({ kind: 'attempt-closed', ...which, ...closing });
    return true;
  }

  #setStatus(
    trial: Mutable<TrialRecord>,
    status: 'waiting' | 'failed' | 'cancelled',
    reason: string | null,
  ): void {
    Object.assign(trial, { status, reason });
    this.rows.push({ kind: 'trial-status', study: this.#name, trial: trial.id, status, reason });
  }

  #fail(trial: Mutable<TrialRecord>, { metrics, text, which }: Choice): void {
    this.#close(trial, failures[which % 4]!, text);
    if (metrics[0]! > 0) this.#setStatus(trial, 'failed', text);
    else this.#setStatus(trial, 'waiting', null);
  }

  #cancel(trial: Mutable<TrialRecord>, { text }: Choice): void {
    this.#close(trial, 'cancelled', text);
    this.#setStatus(trial, 'cancelled', text);
  }

  #end(trial: Mutable<TrialRecord>, choice: Choice): void {
    // A result needs an attempt; a diverged trial has no second result.
    if (trial.attempts === 0 || trial.result !== null) return;
    const diverged = choice.points === 0 || choice.which % 3 === 0;
    this.#close(trial, diverged ? 'diverged' : 'accepted', null);
    const curve = Array.from({ length: choice.points }, (_, at) =>
      measured(10 * (at + 1), choice, !diverged),
    );
    const steps = 10 * choice.points;
    const result: TrialResult = diverged
      ? { kind: 'diverged', steps, seconds: 0.1, curve }
      : {
          kind: 'complete',
          steps,
          seconds: 0.1,
          digest: 'd'.repeat(64),
          curve,
          validationCorrect: choice.bits,
        };
    this.rows.push({
      kind: 'trial-ended',
      study: this.#name,
      trial: trial.id,
      worker: 'node-2',
      result,
      fingerprint: 'a'.repeat(64),
    });
    Object.assign(trial, {
      fingerprint: 'a'.repeat(64),
      status: diverged ? 'failed' : 'complete',
      reason: diverged ? `diverged: the loss was no longer finite after step ${steps}` : null,
      worker: 'node-2',
      result: { ...result, curve: curve.map(asStored) },
    });
  }

  /** An audit of a trial that has a result ends; in an open stage it replaces the result. */
  #audit(trial: Mutable<TrialRecord>, choice: Choice): void {
    const { result, fingerprint: replaces } = trial;
    if (result === null || replaces === null) return;
    const verdict = ([null, 'verified', 'repeated', 'unchecked', 'disputed'] as const)[
      choice.which % 5
    ]!;
    trial.audit = verdict;
    this.rows.push({ kind: 'trial-audited', study: this.#name, trial: trial.id, verdict });
    const late = this.#attempts(trial).find(
      ({ outcome, fingerprint }) => outcome !== null && fingerprint === null,
    );
    const key = { study: this.#name, trial: trial.id };
    if (late !== undefined) {
      const fingerprint = 'b'.repeat(64);
      late.fingerprint = fingerprint;
      const { attempt } = late;
      this.rows.push({ kind: 'attempt-reported', ...key, attempt, fingerprint });
    }
    const isOpen = this.study.stages.some(({ name, closed }) => name === trial.id.stage && !closed);
    if (!isOpen) return;
    const right: TrialResult = {
      kind: 'complete',
      steps: 7,
      seconds: 0.2,
      digest: 'e'.repeat(64),
      curve: [measured(7, choice, true)],
      validationCorrect: choice.bits,
    };
    const fingerprint = `${choice.points}`.repeat(64);
    const by = { worker: 'node-3', fingerprint };
    this.rows.push({ kind: 'result-replaced', ...key, ...by, result: right, replaces });
    Object.assign(trial, { ...by, status: 'complete', reason: null, result: right });
  }

  /** Makes a trial the winner; sometimes its test attempt is lost, which is no failure of the trial. */
  #crown(trial: Mutable<TrialRecord>, { which, metrics }: Choice): void {
    const attempt = openAttempt(trial.id, this.#attempts(trial).length + 1, 'test');
    this.attempts.push({ ...attempt });
    this.rows.push({ kind: 'attempt-opened', study: this.#name, attempt });
    this.#close(trial, which % 2 === 0 ? 'accepted' : 'lost', null);
    const found = {
      testAccuracy: asStoredMetric(metrics[0]!, 0.5),
      testLoss: null,
      testWorker: 'node-3',
      reproduced: which % 2 === 0,
      tests: [
        { replicate: 1, accuracy: asStoredMetric(metrics[0]!, 0.5), loss: 0.1, worker: 'node-3' },
        { replicate: 2, accuracy: null, loss: null, worker: 'node-1' },
      ].slice(0, which % 3),
      attemptsBefore: [which, 2 * which],
    };
    this.study.winner =
      which % 5 === 0
        ? null
        : {
            trial: trial.id,
            ...(which % 3 === 0
              ? {
                  testAccuracy: null,
                  testLoss: null,
                  testWorker: null,
                  reproduced: null,
                  tests: [],
                  attemptsBefore: [],
                }
              : found),
          };
    this.rows.push({ kind: 'winner', study: this.#name, winner: this.study.winner });
  }
}
