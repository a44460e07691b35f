/**
 * Model store: the store of a simulation. It applies rows to plain maps and checks stricter rules than
 * the constraints of the real store, so a decision that breaks a promise stops the history at once.
 *
 * A commit applies all its rows or none. A crash of the coordinator keeps what was committed.
 */
import type { Exclusion } from '../../src/study/exclusion.ts';
import { assert } from '../../src/base/assert.ts';
import type { StoreRow, StoredRank } from '../../src/store/rows.ts';
import type { StudyRecord } from '../../src/study/study-record.ts';
import {
  divergedReason,
  isOver,
  stoppedReason,
  trialName,
  waitingTrial,
  type AttemptRecord,
  type RungProgress,
  type RungResult,
  type StageRecord,
  type TrialId,
  type TrialRecord,
} from '../../src/study/trial.ts';
import {
  checkAudited,
  checkEnded,
  checkExcludedMarked,
  checkOpened,
  checkRetriedAlone,
  checkTestsClosed,
  checkTrialAttempts,
} from './attempt-checks.ts';
import { checkBudgetEnd, checkWithinBudget } from './budget-checks.ts';
import { checkValues } from './proposal-checks.ts';
import { checkRanks } from './rank-checks.ts';
import { checkMoved, checkRestarted, checkStopped } from './rung-checks.ts';
import {
  checkBest,
  checkClosing,
  checkExtended,
  checkReplicateDue,
  checkSpace,
  checkTested,
} from './stage-checks.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface ModelTrial extends Mutable<TrialRecord> {
  readonly log: Mutable<AttemptRecord>[];
  /** Number of attempts when the trial was last retried, or moved to a rung: later failures count. */
  countedFrom: number;
}

export interface ModelStudy {
  readonly record: Mutable<StudyRecord>;
  readonly trials: Map<string, ModelTrial>;
}

export class ModelStore {
  readonly studies = new Map<string, ModelStudy>();
  /** Reason by session. */
  readonly excluded = new Map<string, Exclusion>();
  /** Called after each row. */
  onApplied: (row: StoreRow) => void = () => undefined;
  commits = 0;
  /** The log, in order. */
  readonly events: StoreRow<'event'>[] = [];
  /** By study: its last ranks. */
  readonly ranks = new Map<string, readonly StoredRank[]>();
  /** By row that gives a stage more trials: the name of the stage. */
  readonly #grown = new Map<StoreRow, string>();

  /** @throws the first broken promise */
  commit(rows: readonly StoreRow[]): void {
    this.commits += 1;
    for (const row of rows) {
      this.#apply(row);
      this.onApplied(row);
    }
    for (const row of rows) this.#checkAfter(row, rows);
  }

  study(name: string): ModelStudy {
    const study = this.studies.get(name);
    assert(study, `study ${name} is stored`);
    return study;
  }

  trials(study: string): TrialRecord[] {
    return [...(this.studies.get(study)?.trials.values() ?? [])].map((trial) => ({ ...trial }));
  }

  attempts(study: string): AttemptRecord[] {
    const trials = this.studies.get(study)?.trials.values() ?? [];
    return [...trials].flatMap(({ log }) => log.map((attempt) => ({ ...attempt })));
  }

  trial(study: string, id: TrialId): ModelTrial {
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
      case 'study-extended': {
        const study = this.study(row.spec.study);
        checkExtended(study, row.stages);
        // Another budget, or another place of the data, changes no stage.
        const isMoved = JSON.stringify(study.record.stages) === JSON.stringify(row.stages);
        if (!isMoved) checkTestsClosed(study);
        const last = study.record.stages.length - 1;
        const [before, after] = [study.record.stages[last], row.stages[last]];
        if (before && after && after.trials > before.trials) this.#grown.set(row, after.name);
        Object.assign(study.record, { spec: row.spec, stages: row.stages });
        return;
      }
      case 'study-reopened': {
        const { record } = this.study(row.study);
        assert(isOver(record.status), 'only a study that is over is reopened');
        Object.assign(record, { status: 'running', reason: null, endedAtMs: null });
        return;
      }
      case 'budget-ended': {
        const study = this.study(row.study);
        if (row.end !== null) checkBudgetEnd(study, row.end);
        study.record.budgetEnd = row.end;
        return;
      }
      case 'study-time':
        this.study(row.study).record.activeMs = row.activeMs;
        return;
      case 'study-reuse': {
        this.study(row.study).record.reuse = true;
        return;
      }
      case 'study-priority': {
        Object.assign(this.study(row.study).record, { priority: row.priority });
        return;
      }
      case 'study-status': {
        const { record } = this.study(row.study);
        const isFinal = record.status === 'cancelled' || record.status === 'failed';
        assert(!isFinal, 'a cancelled or failed study keeps its status');
        Object.assign(record, { status: row.status, reason: row.reason, endedAtMs: row.endedAtMs });
        return;
      }
      case 'stage-opened':
        this.#checkActive(row.study);
        assert(this.#stage(row.study, row.stage.name).space === null, 'a stage opens once');
        checkSpace(this.study(row.study), row.stage);
        this.#changeStage(row.study, row.stage.name, row.stage);
        return;
      case 'stage-closed':
        this.#checkActive(row.study);
        checkClosing(this.study(row.study), this.#stage(row.study, row.stage), this.excluded);
        this.#changeStage(row.study, row.stage, { closed: true });
        return;
      case 'winner':
        if (row.winner !== null) checkBest(this.study(row.study), row.winner);
        this.study(row.study).record.winner = row.winner;
        return;
      case 'worker-excluded':
        assert(!this.excluded.has(row.session), 'a session is excluded once');
        this.excluded.set(row.session, { reason: row.reason, machine: row.machine });
        return;
      case 'machine-trusted':
        for (const [session, { reason, machine }] of this.excluded)
          if (machine === row.machine) this.excluded.set(session, { reason, machine: null });
        return;
      case 'ranks':
        this.ranks.set(row.study, row.ranks);
        return;
      case 'event':
        this.events.push(row);
        return;
      default:
        this.#applyToTrial(row);
    }
  }

  #applyToTrial(
    row: StoreRow<
      | 'trial-created'
      | 'trial-moved'
      | 'trial-stopped'
      | 'attempt-opened'
      | 'attempt-closed'
      | 'attempt-reported'
      | 'attempt-logged'
      | 'trial-status'
      | 'trial-retried'
      | 'trial-ended'
      | 'result-replaced'
      | 'trial-audited'
      | 'trial-dropped'
      | 'trial-restored'
    >,
  ): void {
    switch (row.kind) {
      case 'trial-created': {
        const study = this.study(row.study);
        checkReplicateDue(study, row.id);
        checkValues(study, row.id, row.params);
        assert(!this.#stage(row.study, row.id.stage).closed, 'a closed stage gets no trial');
        assert(!study.trials.has(trialName(row.id)), 'a trial is created once');
        study.trials.set(trialName(row.id), {
          ...waitingTrial(row.id, row.params),
          ...(row.toStep !== undefined && {
            rungs: { toStep: row.toStep, results: [], stop: null },
          }),
          log: [],
          countedFrom: 0,
        });
        checkWithinBudget(study);
        return;
      }
      case 'trial-dropped': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.status !== 'cancelled', `${trialName(row.trial)} is dropped once`);
        Object.assign(trial, { status: 'cancelled', reason: row.reason });
        return;
      }
      case 'trial-restored': {
        const trial = this.#openStageTrial(row.study, row.trial);
        const isKnown = trial.status === 'cancelled' && trial.result !== null;
        assert(isKnown, `${trialName(row.trial)} was dropped with its result`);
        const retriedAt = trial.log.length;
        Object.assign(trial, { status: row.status, reason: row.reason, failures: 0, retriedAt });
        return;
      }
      case 'attempt-opened':
        this.#checkActive(row.study);
        return this.#openAttempt(row);
      case 'attempt-closed': {
        const trial = this.trial(row.study, row.trial);
        const attempt = trial.log[row.attempt - 1];
        checkEnded(row, attempt, this.excluded);
        const { outcome, reason, endedAtMs, fingerprint } = row;
        Object.assign(attempt, { outcome, reason, endedAtMs, fingerprint });
        if (row.countsAsFailure && attempt.kind === 'search') trial.failures += 1;
        return;
      }
      case 'attempt-reported': {
        const attempt = this.trial(row.study, row.trial).log[row.attempt - 1];
        assert(attempt?.fingerprint === null, 'an attempt reports one result');
        assert(!this.excluded.has(attempt.session), 'results of an excluded worker do not count');
        attempt.fingerprint = row.fingerprint;
        return;
      }
      case 'attempt-logged':
        assert(this.trial(row.study, row.trial).log[row.attempt - 1], 'the attempt is stored');
        return;
      case 'trial-status': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.result === null, 'a trial with a result does not wait again');
        Object.assign(trial, { status: row.status, reason: row.reason });
        return;
      }
      case 'trial-retried': {
        const trial = this.#openStageTrial(row.study, row.trial);
        const hasFailed = trial.status === 'failed' || trial.status === 'cancelled';
        assert(
          hasFailed && trial.result === null,
          `${trialName(row.trial)} ended without a result`,
        );
        const countedFrom = trial.log.length;
        Object.assign(trial, { status: 'waiting', reason: null, failures: 0, countedFrom });
        return;
      }
      case 'trial-moved': {
        const trial = this.#openStageTrial(row.study, row.trial);
        checkMoved(this.study(row.study), trial, row.toStep);
        moveTrial(trial, row);
        checkWithinBudget(this.study(row.study));
        return;
      }
      case 'trial-stopped': {
        const trial = this.#openStageTrial(row.study, row.trial);
        checkStopped(this.study(row.study), row);
        const { rungs } = trial;
        assert(rungs, `${trialName(row.trial)} has rungs`);
        const reason = stoppedReason(row.stop);
        Object.assign(trial, { status: 'stopped', reason, rungs: { ...rungs, stop: row.stop } });
        return;
      }
      case 'trial-ended': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.result === null, `${trialName(row.trial)} ends once`);
        assert(trial.status !== 'cancelled', 'a cancelled trial keeps its status');
        const { status } = this.study(row.study).record;
        assert(!isOver(status), 'a study that is over gets no result');
        setResult(trial, row);
        return;
      }
      case 'result-replaced': {
        const trial = this.#openStageTrial(row.study, row.trial);
        assert(trial.fingerprint === row.replaces, 'the replaced result is the stored one');
        setResult(trial, row);
        return;
      }
      case 'trial-audited': {
        const trial = this.trial(row.study, row.trial);
        const { closed } = this.#stage(row.study, row.trial.stage);
        if (closed) checkAudited(trial, row, this.excluded);
        trial.audit = row.verdict;
      }
    }
  }

  /** Nothing starts in a study that is paused or over. */
  #checkActive(study: string): void {
    const { status } = this.study(study).record;
    assert(status === 'waiting' || status === 'running', `study ${study} is ${status}`);
  }

  /** Results of a closed stage do not change: its ranking and the next range are made of them. */
  #openStageTrial(study: string, id: TrialId): ModelTrial {
    const isClosed = this.#stage(study, id.stage).closed;
    assert(!isClosed, `${trialName(id)}: its stage is closed`);
    return this.trial(study, id);
  }

  #openAttempt({ study, attempt }: StoreRow<'attempt-opened'>): void {
    const trial = this.trial(study, attempt.trial);
    checkOpened(trial, attempt, this.excluded);
    trial.log.push({ ...attempt });
    if (attempt.kind !== 'search') return;
    trial.status = 'running';
    trial.attempts += 1;
  }

  /** Rules between the rows of one commit. */
  #checkAfter(row: StoreRow, commit: readonly StoreRow[]): void {
    switch (row.kind) {
      case 'study-status': {
        // A study may end and be reopened by decisions that share a commit.
        const isReopened = commit
          .slice(commit.indexOf(row))
          .some((later) => later.kind === 'study-reopened' && later.study === row.study);
        if (row.endedAtMs === null || isReopened) return;
        const open = this.attempts(row.study).filter(({ outcome }) => outcome === null);
        assert(open.length === 0, `study ${row.study} ends without open attempts`);
        if (row.status === 'complete') checkTested(this.study(row.study));
        return;
      }
      case 'attempt-opened':
        return checkRetriedAlone(this.study(row.study), row.attempt);
      case 'study-extended':
        checkRestarted(this.study(row.spec.study), this.#grown.get(row) ?? null);
        this.#grown.delete(row);
        return checkExcludedMarked(this.studies.values(), this.excluded);
      case 'worker-excluded':
        return checkExcludedMarked(this.studies.values(), this.excluded);
      case 'attempt-closed':
      case 'trial-status':
        return checkTrialAttempts(this.trial(row.study, row.trial));
      case 'stage-closed': {
        const hasRanks = commit.some(({ kind }) => kind === 'ranks');
        return assert(hasRanks, 'ranks are stored with the end of a stage');
      }
      case 'ranks': {
        const last = commit.findLast(
          (other) => other.kind === 'ranks' && other.study === row.study,
        );
        if (last === row) checkRanks(this.study(row.study), row.ranks);
        return;
      }
      default:
        return;
    }
  }
}

function setResult(trial: ModelTrial, row: StoreRow<'trial-ended' | 'result-replaced'>): void {
  const { worker, result, fingerprint, rung, source } = row;
  const { rungs, id } = trial;
  assert((rungs === undefined) === (rung === undefined), `${trialName(id)} has rungs or none`);
  const isLast = rungs === undefined || rungs.toStep === null;
  assert(isLast === (rung !== 'between'), `${trialName(id)} is at the rung that was assigned`);
  const ended = isLast ? 'complete' : 'paused';
  const status = result.kind === 'complete' ? ended : 'failed';
  const reason = result.kind === 'complete' ? null : divergedReason(result.steps);
  Object.assign(trial, { status, reason, worker, result, fingerprint, source });
  if (rungs === undefined || result.kind !== 'complete') return;
  trial.rungs = withRung(rungs, { result, worker, fingerprint, audit: null, source });
}

function withRung({ results, ...rungs }: RungProgress, own: RungResult): RungProgress {
  const others = results.filter(({ result }) => result.steps !== own.result.steps);
  const sorted = [...others, own].toSorted((a, b) => a.result.steps - b.result.steps);
  return { ...rungs, results: sorted };
}

/** The verdict stays with the rung; a result that is known there comes back with it. */
function moveTrial(trial: ModelTrial, { toStep, known }: StoreRow<'trial-moved'>): void {
  const { id, rungs, result, audit, status } = trial;
  assert(rungs && status !== 'running', `${trialName(id)} has rungs and does not run`);
  const left = rungs.results.map((rung) =>
    result?.kind === 'complete' && rung.result.steps === result.steps ? { ...rung, audit } : rung,
  );
  const found = left.find((rung) => rung.result.steps === known) ?? null;
  assert((found === null) === (known === null), `the result of ${trialName(id)} is stored`);
  const isKnown = left.some((rung) => rung.result.steps === (toStep ?? lastStep));
  assert(isKnown === (known !== null), `${trialName(id)} is not trained twice to the same rung`);
  const atStep = toStep === null ? 'complete' : 'paused';
  Object.assign(trial, {
    failures: 0,
    countedFrom: trial.log.length,
    status: found === null ? 'waiting' : atStep,
    reason: null,
    worker: found?.worker ?? null,
    result: found?.result ?? null,
    fingerprint: found?.fingerprint ?? null,
    audit: found?.audit ?? null,
    source: found?.source,
    rungs: { toStep, results: left, stop: null },
  });
}

/** Of a simulated trial with rungs. */
const lastStep = 60;
