/** Simulated states: what a simulated worker keeps of trials at rungs, in simulated memory. */
import type { Assignment } from '../../src/rpc/messages/messages.ts';
import type { TrialResult } from '../../src/study/trial.ts';
import type { ReachedRung } from '../../src/trainers/train-trials.ts';
import {
  stateName,
  statesLeft,
  statesWanted,
  toResumption,
  type KeptState,
  type Resumption,
  type StateScope,
} from '../../src/worker/states/state-keys.ts';

export class SimulatedStates {
  readonly #countMax: number;
  /** In the order of their last use. */
  readonly #states = new Map<string, { readonly scope: StateScope; readonly state: KeptState }>();

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  resume(assignment: Assignment): Resumption | null {
    const keys = statesWanted(assignment);
    return (
      keys &&
      toResumption(
        keys,
        keys.map((key) => this.#use(stateName(key))),
      )
    );
  }

  keep(
    assignment: Assignment,
    rungs: readonly (readonly ReachedRung[])[],
    results: readonly TrialResult[],
  ): void {
    for (const { key, scope, state } of statesLeft(assignment, rungs, results)) {
      const name = stateName(key);
      this.#states.delete(name);
      this.#states.set(name, { scope, state });
      for (const oldest of this.#states.keys())
        if (this.#states.size > this.#countMax) this.#states.delete(oldest);
    }
  }

  scopes(): StateScope[] {
    return [...this.#states.values()].map(({ scope }) => scope);
  }

  release({ study, stage }: StateScope): void {
    for (const [name, { scope }] of this.#states)
      if (scope.study === study && scope.stage === stage) this.#states.delete(name);
  }

  #use(name: string): KeptState | null {
    const entry = this.#states.get(name);
    if (entry === undefined) return null;
    this.#states.delete(name);
    this.#states.set(name, entry);
    return entry.state;
  }
}
