/** Simulated states: what a simulated worker keeps of trials at rungs, in simulated memory. */
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import type { ReachedRung } from '../../src/trainers/train-trials.ts';
import {
  statesLeft,
  statesWanted,
  toResumption,
  type KeptState,
  type Resumption,
  type StateKey,
} from '../../src/worker/states/state-keys.ts';

export class SimulatedStates {
  readonly #countMax: number;
  /** In the order of their last use. */
  readonly #states = new Map<string, KeptState>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  resume(assignment: Assignment): Resumption | null {
    const keys = statesWanted(assignment);
    return (
      keys &&
      toResumption(
        keys,
        keys.map((key) => this.#use(nameOf(key))),
      )
    );
  }

  keep(
    assignment: Assignment,
    rungs: readonly (readonly ReachedRung[])[],
    results: readonly TrialResult[],
  ): void {
    for (const { key, state } of statesLeft(assignment, rungs, results)) {
      const name = nameOf(key);
      this.#states.delete(name);
      this.#states.set(name, state);
      for (const oldest of this.#states.keys())
        if (this.#states.size > this.#countMax) this.#states.delete(oldest);
    }
  }

  #use(name: string): KeptState | null {
    const state = this.#states.get(name);
    if (state === undefined) return null;
    this.#states.delete(name);
    this.#states.set(name, state);
    return state;
  }
}

const nameOf = ({ training, step, digest }: StateKey): string => `${training} ${step} ${digest}`;
