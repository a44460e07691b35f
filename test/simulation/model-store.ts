/**
 * The store as a simulation sees it: rows applied to plain maps, with the constraints that the real
 * one has. A crash of the coordinator keeps what was committed and nothing else.
 */
import { assert } from '../../src/base/assert.ts';
import type { StoreRow } from '../../src/store/rows.ts';
import type { StudyRecord } from '../../src/study/study-record.ts';
import { trialName, type AttemptRecord, type TrialRecord } from '../../src/study/trial.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class ModelStore {
  readonly studies = new Map<string, Mutable<StudyRecord>>();
  readonly trials = new Map<string, Mutable<TrialRecord>>();
  readonly attempts = new Map<string, Mutable<AttemptRecord>>();

  commit(rows: readonly StoreRow[]): void {
    for (const row of rows) this.#apply(row);
  }

  trialsOf(study: string): TrialRecord[] {
    return [...this.trials]
      .filter(([key]) => key.startsWith(`${study}:`))
      .map(([, trial]) => ({ ...trial }));
  }

  attemptsOf(study: string): AttemptRecord[] {
    return [...this.attempts]
      .filter(([key]) => key.startsWith(`${study}:`))
      .map(([, attempt]) => ({ ...attempt }));
  }

  #apply(row: StoreRow): void {
    switch (row.kind) {
      case 'study-created':
        assert(!this.studies.has(row.record.spec.study), 'a study is created once');
        this.studies.set(row.record.spec.study, { ...row.record });
        return;
      case 'study-extended':
        Object.assign(this.#study(row.spec.study), { spec: row.spec, stages: row.stages });
        return;
      case 'study-status':
        Object.assign(this.#study(row.study), {
          status: row.status,
          reason: row.reason,
          endedAtMs: row.endedAtMs,
        });
        return;
      case 'stage-opened':
      case 'stage-closed': {
        const study = this.#study(row.study);
        study.stages = study.stages.map((stage) => {
          if (row.kind === 'stage-opened') return stage.name === row.stage.name ? row.stage : stage;
          if (stage.name !== row.stage) return stage;
          assert(!stage.closed, `stage ${stage.name} closes once`);
          return { ...stage, closed: true };
        });
        return;
      }
      case 'trial-created':
        assert(!this.trials.has(`${row.study}:${trialName(row.id)}`), 'a trial is created once');
        this.trials.set(`${row.study}:${trialName(row.id)}`, {
          id: row.id,
          lambda: row.lambda,
          status: 'waiting',
          reason: null,
          attempts: 0,
          charged: 0,
          worker: null,
          result: null,
        });
        return;
      case 'attempt-opened': {
        const name = `${row.study}:${trialName(row.attempt.trial)}`;
        const key = `${name}#${row.attempt.attempt}`;
        assert(!this.attempts.has(key), `attempt ${key} is granted once`);
        for (const attempt of this.attemptsOf(row.study)) {
          const isOpen = attempt.outcome === null && attempt.purpose === row.attempt.purpose;
          assert(
            !isOpen || trialName(attempt.trial) !== trialName(row.attempt.trial),
            `${name} has one open attempt at most`,
          );
        }
        this.attempts.set(key, { ...row.attempt });
        if (row.attempt.purpose === 'search') {
          const trial = this.#trial(name);
          assert(trial.status === 'waiting', `${name} is waiting when it is granted`);
          trial.status = 'running';
          trial.attempts += 1;
        }
        return;
      }
      case 'attempt-closed': {
        const name = `${row.study}:${trialName(row.trial)}`;
        const attempt = this.attempts.get(`${name}#${row.attempt}`);
        assert(attempt?.outcome === null, `${name}#${row.attempt} closes once`);
        Object.assign(attempt, {
          outcome: row.outcome,
          reason: row.reason,
          endedAtMs: row.endedAtMs,
        });
        if (row.charged && attempt.purpose === 'search') this.#trial(name).charged += 1;
        return;
      }
      case 'trial-status':
        Object.assign(this.#trial(`${row.study}:${trialName(row.trial)}`), {
          status: row.status,
          reason: row.reason,
        });
        return;
      case 'trial-ended': {
        const trial = this.#trial(`${row.study}:${trialName(row.trial)}`);
        assert(trial.result === null, `${trialName(row.trial)} ends once`);
        Object.assign(trial, {
          status: row.result.kind === 'complete' ? 'complete' : 'failed',
          worker: row.worker,
          result: row.result,
        });
        return;
      }
      case 'winner':
        this.#study(row.study).winner = row.winner;
        return;
      case 'event':
        return;
    }
  }

  #study(name: string): Mutable<StudyRecord> {
    const study = this.studies.get(name);
    assert(study, `study ${name} is stored`);
    return study;
  }

  #trial(name: string): Mutable<TrialRecord> {
    const trial = this.trials.get(name);
    assert(trial, `trial ${name} is stored`);
    return trial;
  }
}
