/** Hovered trial: the trial under the pointer, in the table or the chart; each shows it without being drawn again. */

type Listener = (trial: string | null) => void;

export class HoveredTrial {
  readonly #listeners = new Set<Listener>();

  /** @param trial name; null if the pointer is over none */
  set(trial: string | null): void {
    for (const listener of this.#listeners) listener(trial);
  }

  /** @returns a function that ends the subscription */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
