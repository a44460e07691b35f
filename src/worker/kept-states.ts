/**
 * Kept states: the states of trials at rungs that this worker has trained them to, in memory, so that later
 * attempts continue from there. If they take too much memory, the ones that were used least recently are
 * dropped; their trials are trained from the first step again.
 *
 * A state belongs to all that determines its training, its step and its digest, so a trial never continues
 * from the state of another one.
 */
import { sha256 } from '../base/digest.ts';
import type { Assignment, Rung } from '../rpc/messages/messages.ts';
import { paramsText } from '../study/search-space.ts';
import { canonicalSettings } from '../study/spec/canonical-spec.ts';
import type { TrialResult } from '../study/trial.ts';
import type { ReachedRung, TrainingState } from '../trainers/train-trials.ts';

interface KeptState {
  readonly bytes: Uint8Array;
  /** Training time up to the state. */
  readonly seconds: number;
}

/** What a pack of an assignment continues from, by member. */
export interface Resumption {
  readonly states: readonly TrainingState[];
  readonly seconds: readonly number[];
}

export class KeptStates {
  readonly #bytesMax: number;
  /** In the order of their last use. */
  readonly #states = new Map<string, KeptState>();
  #bytes = 0;

  constructor(bytesMax = 256 * 1024 * 1024) {
    this.#bytesMax = bytesMax;
  }

  /** The states of all members at their rungs; null if one has no rung, or if its state is not kept. */
  resume(assignment: Assignment): Resumption | null {
    const found = assignment.members.map(({ rung }, member) =>
      rung === null ? undefined : this.#use(keyOf(assignment, member, rung)),
    );
    const kept = found.filter((state) => state !== undefined);
    if (kept.length < found.length) return null;
    const states = kept.map(({ bytes }, member) => {
      return { step: assignment.members[member]?.rung?.step ?? 0, bytes };
    });
    return { states, seconds: kept.map(({ seconds }) => seconds) };
  }

  /** Keeps the states with which a pack has ended. @param results with the seconds of the whole training */
  keep(
    assignment: Assignment,
    rungs: readonly (readonly ReachedRung[])[],
    results: readonly TrialResult[],
  ): void {
    for (const [member, reached] of rungs.entries()) {
      for (const { step, digest, state } of reached) {
        if (state === null) continue;
        const seconds = results[member]?.seconds ?? 0;
        this.#add(keyOf(assignment, member, { step, digest }), { bytes: state, seconds });
      }
    }
  }

  #use(key: string): KeptState | undefined {
    const state = this.#states.get(key);
    if (state === undefined) return undefined;
    this.#states.delete(key);
    this.#states.set(key, state);
    return state;
  }

  #add(key: string, state: KeptState): void {
    this.#remove(key);
    this.#states.set(key, state);
    this.#bytes += state.bytes.length;
    for (const oldest of this.#states.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#states.get(key)?.bytes.length ?? 0;
    this.#states.delete(key);
  }
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

function keyOf(assignment: Assignment, member: number, { step, digest }: Rung): string {
  const { dataset, seed, replicate, settings, members } = assignment;
  const params = paramsText(members[member]?.params ?? {});
  return sha256(
    JSON.stringify([dataset, seed, replicate, canonicalSettings(settings), params, step, digest]),
  );
}
