/** Upload entry: a state at a rung that a worker has uploaded. */
export interface UploadEntry {
  /** Of the content. */
  readonly digest: string;
  /** Of the result at the rung. */
  readonly fingerprint: string;
  /** Of the worker. */
  readonly session: string;
}
