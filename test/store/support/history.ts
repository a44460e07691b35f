/**
 * Valid histories of one study, and what they amount to: a model of the store in plain objects.
 * Every choice picks one of the things that may happen next, as the coordinator would do it.
 */
import * as fc from 'fast-check';
import type { EventRecord } from '../../../src/store/sqlite/records.ts';
import type { StoreRow } from '../../../src/store/rows.ts';
import type { StudyRecord } from '../../../src/study/study-record.ts';
import {
  waitingTrial,
  type AttemptOutcome,
  type AttemptRecord,
  type Measurement,
  type TrialRecord,
  type TrialResult,
} from '../../../src/study/trial.ts';
import { attemptOf, specNamed, studyRecord } from './records.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One thing that happens: which of those possible, to which trial, and the numbers in it. */
export interface Choice {
  readonly action: number;
  readonly which: number;
  readonly lambda: number;
  readonly metrics: readonly number[];
  readonly points: number;
  readonly bits: Uint8Array;
  readonly text: string;
}

export const choices: fc.Arbitrary<Choice[]> = fc.array(
  fc.record({
    action: fc.nat(),
    which: fc.nat(),
    lambda: fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }),
    metrics: fc.array(fc.double(), { minLength: 8, maxLength: 8 }),
    points: fc.nat(3),
    bits: fc.uint8Array({ maxLength: 40 }),
    text: fc.string({ unit: 'grapheme', maxLength: 12 }),
  }),
  { maxLength: 60, size: 'max' },
);

const chargedOutcomes = ['lost', 'crashed', 'timeout', 'returned'] as const;

export class History {
  study: Mutable<StudyRecord>;
  readonly trials: Mutable<TrialRecord>[] = [];
  readonly attempts: Mutable<AttemptRecord>[] = [];
  readonly events: EventRecord[] = [];
  readonly rows: StoreRow[] = [];
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
      ...this.#onTrial(choice, ['running'], (trial) => this.#giveUp(trial, choice)),
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
    if (stage.range !== null) {
      const warnings = Array.from({ length: points }, (_, at) => `${text}${at}`);
      replace({ closed: true, warnings });
      this.rows.push({ kind: 'stage-closed', study: this.#name, stage: stage.name, warnings });
      return;
    }
    const range = { min: lambda, max: Math.max(lambda, 1) };
    this.rows.push({
      kind: 'stage-opened',
      study: this.#name,
      stage: replace({ range, reason: text, warnings: [text] }),
    });
    for (let k = 1; k <= stage.trials; k++) {
      const id = { stage: stage.name, index: k, replicate: 1 };
      this.trials.push(waitingTrial(id, lambda / k));
      this.rows.push({ kind: 'trial-created', study: this.#name, id, lambda: lambda / k });
    }
  }

  #attemptsOf(trial: TrialRecord): Mutable<AttemptRecord>[] {
    return this.attempts.filter(
      ({ trial: { stage, index: k } }) => stage === trial.id.stage && k === trial.id.index,
    );
  }

  #open(trial: Mutable<TrialRecord>): void {
    const attempt = attemptOf(trial.id, this.#attemptsOf(trial).length + 1);
    this.attempts.push({ ...attempt });
    trial.status = 'running';
    trial.attempts += 1;
    this.rows.push({ kind: 'attempt-opened', study: this.#name, attempt });
  }

  #close(trial: Mutable<TrialRecord>, outcome: AttemptOutcome, reason: string | null): boolean {
    const open = this.#attemptsOf(trial).find((attempt) => attempt.outcome === null);
    if (open === undefined) return false;
    const charged = outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout';
    const endedAtMs = ++this.#nowMs;
    Object.assign(open, { outcome, reason, endedAtMs });
    if (charged && open.kind === 'search') trial.failures += 1;
    const closing = { outcome, reason, endedAtMs, charged, fingerprint: null };
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

  #giveUp(trial: Mutable<TrialRecord>, { metrics, text, which }: Choice): void {
    this.#close(trial, chargedOutcomes[which % 4]!, text);
    if (metrics[0]! > 0) this.#setStatus(trial, 'failed', text);
    else this.#setStatus(trial, 'waiting', null);
  }

  #cancel(trial: Mutable<TrialRecord>, { text }: Choice): void {
    this.#close(trial, 'cancelled', text);
    this.#setStatus(trial, 'cancelled', text);
  }

  #end(trial: Mutable<TrialRecord>, choice: Choice): void {
    // A result needs an attempt that was granted; a diverged trial has no second one.
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

  /** An audit says something of a trial that has a result; in an open stage it may replace it. */
  #audit(trial: Mutable<TrialRecord>, choice: Choice): void {
    const { result, fingerprint: replaces } = trial;
    if (result === null || replaces === null) return;
    const verdict = ([null, 'verified', 'repeated', 'unchecked', 'disputed'] as const)[
      choice.which % 5
    ]!;
    trial.audit = verdict;
    this.rows.push({ kind: 'trial-audited', study: this.#name, trial: trial.id, verdict });
    const late = this.#attemptsOf(trial).find(
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

  /** Makes a trial the winner; a test attempt of it is lost at times, which charges nothing. */
  #crown(trial: Mutable<TrialRecord>, { which, metrics }: Choice): void {
    const attempt = attemptOf(trial.id, this.#attemptsOf(trial).length + 1, 'test');
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
                }
              : found),
          };
    this.rows.push({ kind: 'winner', study: this.#name, winner: this.study.winner });
  }
}

function measured(step: number, { metrics }: Choice, finite: boolean): Measurement {
  const metric = (index: number): number =>
    finite ? asStoredMetric(metrics[index]!, 1 / 3) : metrics[index]!;
  return {
    step,
    epoch: step / 7,
    learningRate: 1 / step,
    trainLoss: metric(0),
    trainCost: metric(1),
    trainAccuracy: metric(2),
    validationLoss: metric(3),
    validationCost: metric(4),
    validationAccuracy: metric(5),
    testLoss: finite ? metric(6) : null,
    testAccuracy: finite ? metric(7) : null,
  };
}

/** What is not finite comes back as NaN, −0 as 0. */
function asStored(point: Measurement): Measurement {
  return {
    ...point,
    trainLoss: asStoredMetric(point.trainLoss, NaN),
    trainCost: asStoredMetric(point.trainCost, NaN),
    trainAccuracy: asStoredMetric(point.trainAccuracy, NaN),
    validationLoss: asStoredMetric(point.validationLoss, NaN),
    validationCost: asStoredMetric(point.validationCost, NaN),
    validationAccuracy: asStoredMetric(point.validationAccuracy, NaN),
  };
}

function asStoredMetric(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value + 0 : otherwise;
}
