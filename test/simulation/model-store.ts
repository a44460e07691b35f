/**
 * The store as a simulation sees it: rows applied to plain maps under stricter rules than the real
 * one's constraints, so that a decision that breaks a promise stops the history at once. A commit is
 * whole or not at all; a crash of the coordinator keeps what was committed and nothing else.
 */
import { assert } from '../../src/base/assert.ts';
import type { RowOf, StoreRow } from '../../src/store/rows.ts';
import type { StudyRecord } from '../../src/study/study-record.ts';
import {
  divergedReason,
  isOver,
  trialName,
  waitingTrial,
  type AttemptRecord,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../src/study/trial.ts';
import {
  checkBest,
  checkClosing,
  checkLonger,
  checkRange,
  checkRound,
  checkTested,
} from './stage-checks.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface StoredTrial extends Mutable<TrialRecord> {
  readonly log: Mutable<AttemptRecord>[];
}

export interface ModelStudy {
  readonly record: Mutable<StudyRecord>;
  readonly trials: Map<string, StoredTrial>;
}

export const isCharged = ({ outcome }: { readonly outcome: AttemptRecord['outcome'] }): boolean =>
  outcome === 'lost' || outcome === 'crashed' || outcome === 'timeout';

export class ModelStore {
  readonly studies = new Map<string, ModelStudy>();
  readonly convicted = new Map<string, string>();
  /** Told of every row that was applied. */
  onApplied: (row: StoreRow) => void = () => undefined;
  commits = 0;

  commit(rows: readonly StoreRow[]): void {
    this.commits += 1;
    for (const row of rows) {
      this.#apply(row);
      this.onApplied(row);
    }
    for (const row of rows) this.#checkAfter(row);
  }

  study(name: string): ModelStudy {
    const study = this.studies.get(name);
    assert(study, `study ${name} is stored`);
    return study;
  }

  trialsOf(study: string): TrialRecord[] {
    return [...(this.studies.get(study)?.trials.values() ?? [])].map((trial) => ({ ...trial }));
  }

  attemptsOf(study: string): AttemptRecord[] {
    const trials = this.studies.get(study)?.trials.values() ?? [];
    return [...trials].flatMap(({ log }) => log.map((attempt) => ({ ...attempt })));
  }

  trial(study: string, id: TrialId): StoredTrial {
    const trial = this.study(study).trials.get(trialName(id));
    assert(trial, `trial ${trialName(id)} is stored`);
    return trial;
  }

  #stage(study: string, name: string): StageRecord {
    const stage = this.study(study).record.stages.find((entry) => entry.name === name);
    assert(stage, `stage ${name} is stored`);
    return stage;
  }

  #changeStage(study: string, name: string, change: Partial<StageRecord>): void {
    const { record } = this.study(study);
    record.stages = record.stages.map((stage) =>
      stage.name === name ? { ...stage, ...change } : stage,
    );
  }

  #apply(row: StoreRow): void {
    switch (row.kind) {
      case 'study-created': {
        const name = row.record.spec.study;
        assert(!this.studies.has(name), 'a study is created once');
        this.studies.set(name, { record: { ...row.record }, trials: new Map() });
        return;
      }
      case 'study-extended':
        checkLonger(this.study(row.spec.study), row.stages);
        Object.assign(this.study(row.spec.study).record, { spec: row.spec, stages: row.stages });
        return;
      case 'study-status': {
        const { record } = this.study(row.study);
        assert(record.status !== 'cancelled' && record.status !== 'failed', 'the end is the end');
        Object.assign(record, { status: row.status, reason: row.reason, endedAtMs: row.endedAtMs });
        return;
      }
      case 'stage-opened':
        this.#checkActive(row.study);
        assert(this.#stage(row.study, row.stage.name).range === null, 'a stage opens once');
        checkRange(this.study(row.study), row.stage);
        this.#changeStage(row.study, row.stage.name, row.stage);
        return;
      case 'stage-closed':
        this.#checkActive(row.study);
        checkClosing(this.study(row.study), this.#stage(row.study, row.stage), this.convicted);
        this.#changeStage(row.study, row.stage, { closed: true });
        return;
      case 'trial-created': {
        const { trials } = this.study(row.study);
        checkRound(this.study(row.study), row.id);
        assert(!this.#stage(row.study, row.id.stage).closed, 'a closed stage stays as it is');
        assert(!trials.has(trialName(row.id)), 'a trial is created once');
        trials.set(trialName(row.id), newTrial(row));
        return;
      }
      case 'attempt-opened':
        return this.#openAttempt(row);
      case 'attempt-closed': {
        const trial = this.trial(row.study, row.trial);
        const attempt = trial.log[row.attempt - 1];
        assert(attempt?.outcome === null, `${trialName(row.trial)}#${row.attempt} closes once`);
        assert(
          row.fingerprint === null || !this.convicted.has(attempt.session),
          'what a convicted worker says counts no more',
        );
        const { outcome, reason, endedAtMs, fingerprint } = row;
        Object.assign(attempt, { outcome, reason, endedAtMs, fingerprint });
        assert(row.charged === isCharged(row), `${outcome} is ${row.charged ? '' : 'not '}charged`);
        if (row.charged && attempt.kind === 'search') trial.failures += 1;
        return;
      }
      case 'attempt-reported': {
        const attempt = this.trial(row.study, row.trial).log[row.attempt - 1];
        assert(attempt?.fingerprint === null, 'an attempt gives one result');
        assert(!this.convicted.has(attempt.session), 'what a convicted worker says counts no more');
        attempt.fingerprint = row.fingerprint;
        return;
      }
      case 'trial-status': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.result === null, 'a trial with a result does not wait again');
        Object.assign(trial, { status: row.status, reason: row.reason });
        return;
      }
      case 'trial-ended': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.result === null, `${trialName(row.trial)} ends once`);
        assert(trial.status !== 'cancelled', 'a cancelled trial stays so');
        assert(!isOver(this.study(row.study).record.status), 'what is over takes no result');
        setResult(trial, row);
        return;
      }
      case 'result-replaced': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(
          trial.fingerprint === row.replaces,
          'the result that goes is the one that was meant',
        );
        setResult(trial, row);
        return;
      }
      case 'trial-audited':
        return this.#audit(row);
      case 'worker-quarantined':
        assert(!this.convicted.has(row.session), 'a session is convicted once');
        this.convicted.set(row.session, row.reason);
        return;
      case 'winner':
        if (row.winner !== null) checkBest(this.study(row.study), row.winner);
        this.study(row.study).record.winner = row.winner;
        return;
      case 'event':
        return;
    }
  }

  /** Nothing begins in a study that is paused or over. */
  #checkActive(study: string): void {
    const { status } = this.study(study).record;
    assert(status === 'waiting' || status === 'running', `${study} is ${status}`);
  }

  /** What the stage's table and the next range are made of never changes after it has closed. */
  #openStageTrial(study: string, id: TrialId): StoredTrial {
    const isClosed = this.#stage(study, id.stage).closed;
    assert(!isClosed, `${trialName(id)}: its stage has closed`);
    return this.trial(study, id);
  }

  #openAttempt({ study, attempt }: RowOf<'attempt-opened'>): void {
    const trial = this.trial(study, attempt.trial);
    const name = trialName(attempt.trial);
    this.#checkActive(study);
    assert(attempt.attempt === trial.log.length + 1, `attempts of ${name} are counted`);
    const isOpen = trial.log.some((a) => a.outcome === null && a.kind === attempt.kind);
    assert(!isOpen, `${name} has one open ${attempt.kind} attempt at most`);
    assert(!this.convicted.has(attempt.session), 'a convicted worker is granted nothing');
    trial.log.push({ ...attempt });
    if (attempt.kind === 'search') {
      assert(trial.status === 'waiting', `${name} is waiting when it is granted`);
      trial.status = 'running';
      trial.attempts += 1;
      return;
    }
    assert(trial.result !== null, `${name} has a result to be compared`);
    if (attempt.kind !== 'audit') return;
    const lost = trial.log.filter((other) => other.kind === 'audit' && isCharged(other));
    assert(lost.length < 3, `${name} is audited three times at most`);
  }

  /** Whoever reads a closed stage is told which of its results come from a convicted worker alone. */
  #checkMarked(): void {
    for (const { record, trials } of this.studies.values()) {
      if (record.endedAtMs !== null) continue;
      const closed = record.stages.filter((stage) => stage.closed).map(({ name }) => name);
      for (const { id, audit, fingerprint, log } of trials.values()) {
        if (fingerprint === null || !closed.includes(id.stage)) continue;
        if (audit === 'unchecked' || audit === 'disputed') continue;
        const isBelieved = log.some(
          (attempt) => attempt.fingerprint === fingerprint && !this.convicted.has(attempt.session),
        );
        assert(
          isBelieved,
          `${trialName(id)} was computed by a convicted worker, and is not marked`,
        );
      }
    }
  }

  /** In a closed stage only what a convicted worker alone has said is marked. */
  #audit({ study, trial: id, verdict }: RowOf<'trial-audited'>): void {
    const trial = this.trial(study, id);
    if (this.#stage(study, id.stage).closed) {
      const by = trial.log.filter(({ fingerprint }) => fingerprint === trial.fingerprint);
      const isConvicted = by.every(({ session }) => this.convicted.has(session));
      assert(verdict === 'unchecked' && isConvicted, `${trialName(id)}: its stage has closed`);
    }
    trial.audit = verdict;
  }

  /** A trial that was lost once is trained alone. */
  #checkAlone({ study, attempt }: RowOf<'attempt-opened'>): void {
    const before = this.trial(study, attempt.trial).log.slice(0, attempt.attempt - 1);
    const wasLost = before.some((other) => other.kind === 'search' && isCharged(other));
    if (attempt.kind !== 'search' || !wasLost) return;
    const members = [...this.study(study).trials.values()].filter(({ log }) =>
      log.some(({ pack }) => pack === attempt.pack),
    );
    assert(members.length === 1, `${trialName(attempt.trial)} was lost once and is granted alone`);
  }

  /** Rules that hold between the rows of one commit, not within it. */
  #checkAfter(row: StoreRow): void {
    if (row.kind === 'study-status' && row.endedAtMs !== null) {
      const open = this.attemptsOf(row.study).filter(({ outcome }) => outcome === null);
      assert(open.length === 0, `study ${row.study} ends without open attempts`);
      if (row.status === 'complete') checkTested(this.study(row.study));
    }
    if (row.kind === 'attempt-opened') this.#checkAlone(row);
    if (row.kind === 'worker-quarantined' || row.kind === 'study-extended') this.#checkMarked();
    if (row.kind !== 'attempt-closed' && row.kind !== 'trial-status') return;
    const { failures: charged, log, status, result, id } = this.trial(row.study, row.trial);
    const search = log.filter(({ kind }) => kind === 'search');
    assert(
      charged === search.filter(isCharged).length,
      `${trialName(id)} is charged as often as lost`,
    );
    assert(charged <= 3, `${trialName(id)} is tried three times at most`);
    const isOpen = search.some(({ outcome }) => outcome === null);
    assert(
      isOpen === (status === 'running'),
      `${trialName(id)} runs exactly while an attempt is open`,
    );
    assert(
      status !== 'failed' || result !== null || charged === 3,
      `${trialName(id)} failed for a reason`,
    );
  }
}

function newTrial({ id, lambda }: RowOf<'trial-created'>): StoredTrial {
  return { ...waitingTrial(id, lambda), log: [] };
}

function setResult(trial: StoredTrial, row: RowOf<'trial-ended' | 'result-replaced'>): void {
  const { worker, result, fingerprint } = row;
  const status = result.kind === 'complete' ? 'complete' : 'failed';
  const reason = result.kind === 'complete' ? null : divergedReason(result.steps);
  Object.assign(trial, { status, reason, worker, result, fingerprint });
}
