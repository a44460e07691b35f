/**
 * Pack assignment: begins the lease of a pack (trials trained side by side in one thread), opens an
 * attempt of each trial and sends the assignment. Which trials go to which worker is decided by the
 * callers.
 */
import { assert } from '../../../base/assert.ts';
import type { Assignment, Rung } from '../../../rpc/messages/messages.ts';
import { trialSettings } from '../../../study/trial-settings.ts';
import type { AttemptKind, RungResult } from '../../../study/trial.ts';
import { setStudyStatus, type TrialPlace } from '../attempts/close-attempt.ts';
import { measuresTest } from '../results/result-rules.ts';
import { rungBeforeAttempt } from '../results/rung-states.ts';
import { uploadedState } from '../results/uploaded-states.ts';
import type { PackEntry, StudyEntry, WorkerEntry } from '../state/cluster-state.ts';
import { updateTrial } from '../state/study-entry.ts';
import {
  addAttempt,
  nextAttempt,
  toStepOf,
  type AttemptEntry,
  type TrialEntry,
} from '../state/trial-state.ts';
import type { Turn } from '../state/turn.ts';
import { leasePack } from '../workers/leases.ts';

/** Which trials may be members of a pack, and how many at most. */
export interface PackShape {
  readonly size: number;
  readonly matches: (trial: TrialEntry) => boolean;
}

/** Numbers of waiting trials and of threads in the cluster, and the most trials in a pack of the worker. */
export interface PackLimits {
  readonly waiting: number;
  readonly threads: number;
  readonly packMax: number;
}

/**
 * The shape of a pack that begins with the trial `first`. Packs are small enough that every thread has
 * work: at most the waiting trials divided by the threads.
 */
export function packShape(study: StudyEntry, first: TrialEntry, limits: PackLimits): PackShape {
  const { spec } = study;
  const { trainer } = study.data;
  const share = Math.ceil(limits.waiting / Math.max(1, limits.threads));
  const settings = trialSettings(spec.trainer, first.params);
  const size = Math.min(trainer.packSize(settings), share, limits.packMax);
  const key = trainer.packKey(first.params);
  const [to, from] = [toStepOf(first), rungStep(study, first)];
  return {
    size,
    matches: (trial) =>
      trial.id.replicate === first.id.replicate &&
      trainer.packKey(trial.params) === key &&
      toStepOf(trial) === to &&
      rungStep(study, trial) === from,
  };
}

/** The rung from which an attempt of the trial continues; null: the first step. */
function rungStep(study: StudyEntry, trial: TrialEntry): number | null {
  if (trial.rungs === null) return null;
  const attempt = { kind: 'search', toStep: toStepOf(trial) } as const;
  return rungBeforeAttempt(study, trial, attempt)?.result.steps ?? null;
}

interface NewPack {
  readonly study: StudyEntry;
  readonly worker: WorkerEntry;
  readonly trials: readonly TrialEntry[];
  readonly kind: AttemptKind;
  /** Whether the worker receives no other pack meanwhile. */
  readonly isolated?: boolean;
}

export function assignPack(
  turn: Turn,
  { study, worker, trials, kind, isolated = false }: NewPack,
): void {
  const [first] = trials;
  assert(first, 'a pack has members');
  const id = `${study.stamp}:${first.name}#${nextAttempt(first)}`;
  const lease = { id, study: study.name, kind, isolated, assignedAt: turn.now };
  const pack = leasePack(turn.state, worker, lease, turn.now);
  worker.machine.wasIsolated = isolated;
  for (const trial of trials) openAttempt(turn, { study, trial }, pack, worker);
  if (study.status === 'waiting') setStudyStatus(turn, study, 'running');
  turn.send(worker, { kind: 'assign', assignment: toAssignment(turn, study, pack) });
}

/** Adds the trial's next attempt to the pack. */
function openAttempt(turn: Turn, place: TrialPlace, pack: PackEntry, by: WorkerEntry): void {
  const { study, trial } = place;
  const { kind } = pack;
  const { session, name: worker, machineId, tokenId } = by;
  const number = nextAttempt(trial);
  // A test of the winner trains to the end.
  const toStep = kind === 'test' ? null : toStepOf(trial);
  const run = { attempt: number, kind, session, worker, machineId, tokenId, pack: pack.id, toStep };
  const attempt: AttemptEntry = { ...run, outcome: null, fingerprint: null };
  if (kind === 'search') updateTrial(study, trial, { kind: 'assigned', attempt });
  else addAttempt(trial, attempt);
  pack.members.push({ trial, attempt: number });
  const times = { assignedAtMs: turn.now.wallMs, endedAtMs: null, reason: null };
  const record = { ...attempt, trial: trial.id, ...times };
  turn.persist({ kind: 'attempt-opened', study: study.name, attempt: record });
}

function toAssignment(turn: Turn, study: StudyEntry, pack: PackEntry): Assignment {
  const { spec, searchKey, testKey } = study;
  const isTest = pack.kind === 'test';
  const first = pack.members[0]?.trial;
  const toStep = first === undefined ? null : toStepOf(first);
  assert(!isTest || testKey !== null, 'only a study with a test split has test attempts');
  return {
    pack: pack.id,
    study: study.name,
    seed: spec.seed,
    replicate: pack.members[0]?.trial.id.replicate ?? 1,
    settings: spec.trainer,
    dataset: isTest ? (testKey ?? searchKey) : searchKey,
    kind: pack.kind,
    measureTest: measuresTest(study, pack.kind) && (isTest || toStep === null),
    toStep: isTest ? 0 : (toStep ?? 0),
    members: pack.members.map(({ trial, attempt }) => {
      const rung = rungBeforeAttempt(study, trial, { kind: pack.kind, toStep });
      // bug: audit-receives-uploaded-state
      const state = pack.kind === 'audit' ? null : uploadedState(turn.state, study, trial, rung);
      const key = { study: study.name, trial: trial.id, attempt };
      return { key, params: trial.params, rung: toRung(rung), state };
    }),
  };
}

function toRung(rung: RungResult | null): Rung | null {
  return rung === null ? null : { step: rung.result.steps, digest: rung.result.digest };
}
