/**
 * Trial index: finds the trials of a study by their ids.
 *
 * It has a list by index for each stage and replicate: with a map of names, a million trials took 90 MB more.
 */
import type { TrialId } from '../../../study/trial.ts';
import type { TrialEntry } from './trial-state.ts';

export class TrialIndex {
  /** By stage and replicate: trials by index. */
  readonly #lists = new Map<string, Map<number, TrialEntry[]>>();
  /** In the order in which they were added. */
  readonly #all: TrialEntry[] = [];

  get({ stage, index, replicate }: TrialId): TrialEntry | undefined {
    return this.#lists.get(stage)?.get(replicate)?.[index];
  }

  get size(): number {
    return this.#all.length;
  }

  has(id: TrialId): boolean {
    return this.get(id) !== undefined;
  }

  /** Adds a trial; there is no other trial with its id. */
  add(trial: TrialEntry): void {
    const { stage, index, replicate } = trial.id;
    const lists = this.#lists.get(stage) ?? new Map<number, TrialEntry[]>();
    this.#lists.set(stage, lists);
    const list = lists.get(replicate) ?? [];
    lists.set(replicate, list);
    list[index] = trial;
    this.#all.push(trial);
  }

  /** In the order in which they were added. */
  values(): readonly TrialEntry[] {
    return this.#all;
  }
}
