/** An exclusion: why the results of a worker process do not count, and where it ran. */
export interface Exclusion {
  readonly reason: string;
  /** The machine on which it ran; its later results are audited. Null: unknown, or trusted again. */
  readonly machine: string | null;
}
