/**
 * The store as a simulation sees it: rows applied to plain maps under stricter rules than the real
 * one's constraints, so that a decision that breaks a promise stops the history at once. A commit is
 * whole or not at all; a crash of the coordinator keeps what was committed and nothing else.
 */
import { assert } from '../../src/base/assert.ts';
import { nextRound } from '../../src/search/racing.ts';
import type { RowOf, StoreRow } from '../../src/store/rows.ts';
import type { StudyRecord } from '../../src/study/study-record.ts';
import {
  trialName,
  waitingTrial,
  type AttemptRecord,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../src/study/trial.ts';
import { trueResult } from './truth.ts';

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
        Object.assign(this.study(row.spec.study).record, { spec: row.spec, stages: row.stages });
        return;
      case 'study-status': {
        const { record } = this.study(row.study);
        assert(record.status !== 'cancelled' && record.status !== 'failed', 'the end is the end');
        Object.assign(record, { status: row.status, reason: row.reason, endedAtMs: row.endedAtMs });
        return;
      }
      case 'stage-opened':
        assert(this.#stage(row.study, row.stage.name).range === null, 'a stage opens once');
        this.#changeStage(row.study, row.stage.name, row.stage);
        return;
      case 'stage-closed':
        return this.#closeStage(row);
      case 'trial-created': {
        const { trials } = this.study(row.study);
        this.#checkRound(row);
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
        if (row.charged && attempt.purpose === 'search') trial.charged += 1;
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
        this.study(row.study).record.winner = row.winner;
        return;
      case 'event':
        return;
    }
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
    assert(attempt.attempt === trial.log.length + 1, `attempts of ${name} are counted`);
    const isOpen = trial.log.some((a) => a.outcome === null && a.purpose === attempt.purpose);
    assert(!isOpen, `${name} has one open ${attempt.purpose} attempt at most`);
    assert(!this.convicted.has(attempt.session), 'a convicted worker is granted nothing');
    trial.log.push({ ...attempt });
    if (attempt.purpose === 'search') {
      assert(trial.status === 'waiting', `${name} is waiting when it is granted`);
      trial.status = 'running';
      trial.attempts += 1;
    } else assert(trial.result !== null, `${name} has a result to be compared`);
  }

  /** Every replicate of a reproduced winner was tested, and the mean over them is what is said. */
  #checkWinner(study: string): void {
    const { record, trials } = this.study(study);
    const { winner } = record;
    assert(winner !== null, `study ${study} has a winner`);
    if (winner.reproduced !== true) return;
    const { stage, k } = winner.trial;
    const own = [...trials.values()].filter(({ id }) => id.stage === stage && id.k === k);
    const truth = own.map(
      ({ id, lambda }) => trueResult(id, lambda, true).curve.at(-1)?.testAccuracy,
    );
    const found = winner.tests.map(({ accuracy }) => accuracy);
    assert(JSON.stringify(found) === JSON.stringify(truth), `${study}'s winner was tested`);
    const mean = found.reduce<number>((sum, value) => sum + (value ?? NaN), 0) / found.length;
    assert(winner.testAccuracy === mean, `${winner.testAccuracy} is the mean ${mean}`);
  }

  /** Whoever reads a closed stage is told which of its results come from a convicted worker alone. */
  #checkMarked(): void {
    for (const { record, trials } of this.studies.values()) {
      if (record.endedAtMs !== null) continue;
      const closed = record.stages.filter((stage) => stage.closed).map(({ name }) => name);
      for (const { id, audit, fingerprint, log } of trials.values()) {
        if (fingerprint === null || audit !== null || !closed.includes(id.stage)) continue;
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

  #closeStage({ study, stage }: RowOf<'stage-closed'>): void {
    const { closed, trials } = this.#stage(study, stage);
    assert(!closed, `stage ${stage} closes once`);
    const ended = [...this.study(study).trials.values()].filter(({ id }) => id.stage === stage);
    const { spec } = this.study(study).record;
    const firsts = ended.filter(({ id }) => id.replicate === 1);
    assert(firsts.length === trials, `stage ${stage} has all its λ`);
    if (spec.racing) assert(nextRound(ended, spec).length === 0, `the race of ${stage} is over`);
    else assert(ended.length === trials * spec.replicates, `stage ${stage} has all its trials`);
    for (const trial of bestOf(ended, spec.audit?.top ?? 0))
      assert(trial.audit !== null, `${trialName(trial.id)} is among the best and was audited`);
    for (const trial of ended) {
      assert(trial.status === 'complete' || trial.status === 'failed', 'all trials have ended');
      const open = trial.log.some(({ outcome }) => outcome === null);
      assert(!open, `${trialName(trial.id)} has no open attempt when its stage closes`);
    }
    this.#changeStage(study, stage, { closed: true });
  }

  /** A replicate of a race is given to one that may be the best, after all before it have ended. */
  #checkRound({ study, id }: RowOf<'trial-created'>): void {
    const { record, trials } = this.study(study);
    assert(id.replicate <= record.spec.replicates, `${trialName(id)} is not one too many`);
    if (!record.spec.racing || id.replicate === 1) return;
    const ended = [...trials.values()].filter(
      (trial) => trial.id.stage === id.stage && trial.status !== 'waiting',
    );
    const round = nextRound(ended, record.spec).map((trial) => trialName(trial.id));
    assert(round.includes(trialName(id)), `${trialName(id)} is in the next round`);
  }

  /** A trial that was lost once is trained alone. */
  #checkAlone({ study, attempt }: RowOf<'attempt-opened'>): void {
    const before = this.trial(study, attempt.trial).log.slice(0, attempt.attempt - 1);
    const wasLost = before.some((other) => other.purpose === 'search' && isCharged(other));
    if (attempt.purpose !== 'search' || !wasLost) return;
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
      if (row.status === 'complete') this.#checkWinner(row.study);
    }
    if (row.kind === 'attempt-opened') this.#checkAlone(row);
    if (row.kind === 'worker-quarantined') this.#checkMarked();
    if (row.kind !== 'attempt-closed' && row.kind !== 'trial-status') return;
    const { charged, log, status, result, id } = this.trial(row.study, row.trial);
    const search = log.filter(({ purpose }) => purpose === 'search');
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

function isRanked({ status, audit }: TrialRecord): boolean {
  return status === 'complete' && audit !== 'disputed';
}

/** The trials of the best `top` λ: more replicates first, then the better mean, then the smaller k. */
function bestOf(trials: readonly StoredTrial[], top: number): StoredTrial[] {
  const value = (of: readonly TrialRecord[]): number =>
    of.reduce((sum, { result }) => sum + (result?.curve.at(-1)?.validationAccuracy ?? 0), 0) /
    of.length;
  return [...Map.groupBy(trials, ({ id }) => id.k)]
    .filter(([, of]) => of.every(isRanked))
    .toSorted(
      ([a, left], [b, right]) => right.length - left.length || value(right) - value(left) || a - b,
    )
    .slice(0, top)
    .flatMap(([, of]) => of);
}

function newTrial({ id, lambda }: RowOf<'trial-created'>): StoredTrial {
  return { ...waitingTrial(id, lambda), log: [] };
}

function setResult(trial: StoredTrial, row: RowOf<'trial-ended' | 'result-replaced'>): void {
  const { worker, result, fingerprint } = row;
  const status = result.kind === 'complete' ? 'complete' : 'failed';
  Object.assign(trial, { status, reason: null, worker, result, fingerprint });
}
