/**
 * State keys: which kept states an assignment continues from, and which ones its results leave.
 *
 * A state belongs to all that determines its training, its step and its digest, so a trial never continues
 * from the state of another one. An audit computes a result again, so it begins with the first step.
 */
import { sha256 } from '../../base/digest.ts';
import type { Assignment, AttemptKey, Rung } from '../../rpc/messages/messages.ts';
import { paramsText } from '../../study/search-space.ts';
import { canonicalSettings } from '../../study/spec/canonical-spec.ts';
import type { TrialResult } from '../../study/trial.ts';
import type { ReachedRung, TrainingState } from '../../trainers/train-trials.ts';

/** Names a state. */
export interface StateKey {
  /** Digest of the data, the seed, the settings and the hyperparameters. */
  readonly training: string;
  readonly step: number;
  /** What `Training.digest` or the program reports at this step. */
  readonly digest: string;
}

/** A file name for a state: 64 hexadecimal digits. */
export function stateName({ training, step, digest }: StateKey): string {
  return sha256(JSON.stringify([training, step, digest]));
}

/** The stage for which a state is kept. */
export interface StateScope {
  readonly study: string;
  readonly stage: string;
}

export function distinctScopes(scopes: readonly StateScope[]): StateScope[] {
  const byText = scopes.map(
    (scope) => [JSON.stringify([scope.study, scope.stage]), scope] as const,
  );
  return [...new Map(byText).values()];
}

export interface KeptState {
  /** As the trainer wrote it. */
  readonly bytes: Uint8Array;
  /** Training time up to the state. */
  readonly seconds: number;
}

/** What a pack of an assignment continues from, by member. */
export interface Resumption {
  readonly states: readonly TrainingState[];
  readonly seconds: readonly number[];
}

/** A state that an ended pack leaves. */
export interface LeftState {
  readonly key: StateKey;
  readonly scope: StateScope;
  readonly state: KeptState;
  /** The attempt that has reached it. */
  readonly attempt: AttemptKey;
}

/** The states from which the members continue; null if the pack begins with the first step. */
export function statesWanted(assignment: Assignment): readonly StateKey[] | null {
  // bug: audit-continues-from-state
  if (assignment.kind === 'audit') return null;
  const keys = assignment.members.map(({ rung }, member) =>
    rung === null ? null : stateKey(assignment, member, rung),
  );
  const wanted = keys.filter((key) => key !== null);
  return wanted.length === keys.length ? wanted : null;
}

/** @param found by member. @returns null if one is missing: then the pack begins with the first step */
export function toResumption(
  keys: readonly StateKey[],
  found: readonly (KeptState | null)[],
): Resumption | null {
  const kept = found.filter((state) => state !== null);
  if (kept.length < keys.length) return null;
  return {
    states: kept.map(({ bytes }, member) => ({ step: keys[member]?.step ?? 0, bytes })),
    seconds: kept.map(({ seconds }) => seconds),
  };
}

/** The states with which a pack has ended. @param results with the seconds of the whole training */
export function statesLeft(
  assignment: Assignment,
  rungs: readonly (readonly ReachedRung[])[],
  results: readonly TrialResult[],
): LeftState[] {
  const { study, members } = assignment;
  return rungs.flatMap((reached, member) =>
    reached.flatMap(({ step, digest, state: bytes }) => {
      if (bytes === null) return [];
      const attempt = members[member]?.key;
      if (attempt === undefined) return [];
      const { stage } = attempt.trial;
      const key = stateKey(assignment, member, { step, digest });
      const seconds = results[member]?.seconds ?? 0;
      return [{ key, scope: { study, stage }, state: { bytes, seconds }, attempt }];
    }),
  );
}

export function stateKey(
  { dataset, seed, replicate, settings, members }: Assignment,
  member: number,
  { step, digest }: Rung,
): StateKey {
  const params = paramsText(members[member]?.params ?? {});
  const training = sha256(
    JSON.stringify([dataset, seed, replicate, canonicalSettings(settings), params]),
  );
  // bug: state-of-another-digest
  // bug: state-of-another-step
  return { training, step, digest };
}

/** Whether the trials of the pack are at rungs, or are trained to one. */
export function hasRungs({ toStep, members }: Assignment): boolean {
  return toStep > 0 || members.some(({ rung }) => rung !== null);
}

interface EndedPack {
  readonly results: readonly TrialResult[];
  readonly rungs: readonly (readonly ReachedRung[])[];
}

/** The results with the seconds of this attempt alone, and by member the rung that it has passed. */
export function ownPart(
  { members }: Assignment,
  { results, rungs }: EndedPack,
  resumption: Resumption | null,
): { readonly results: readonly TrialResult[]; readonly passed: readonly (Rung | null)[] } {
  if (resumption !== null)
    return {
      results: results.map((result, member) => {
        const before = resumption.seconds[member] ?? 0;
        return { ...result, seconds: Math.max(0, result.seconds - before) };
      }),
      passed: [],
    };
  const passed = members.map(({ rung }, member) => {
    const reached = rungs[member]?.find(({ step }) => step === rung?.step);
    return reached === undefined ? null : { step: reached.step, digest: reached.digest };
  });
  return { results, passed };
}
