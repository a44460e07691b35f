/**
 * Operating errors: what is expected in the life of a cluster, and somebody can do something about.
 * Bugs are assertions (`assert.ts`); expected outcomes are values. `cli` maps each code to an exit code.
 */

export type ErrorCode =
  /** 1: the operation failed. */
  | 'PORT_IN_USE'
  | 'STATE_LOCKED'
  | 'STATE_UNWRITABLE'
  | 'STATE_UNCERTAIN'
  | 'STATE_OCCUPIED'
  | 'STATE_DAMAGED'
  | 'VERSION_MISMATCH'
  | 'STUDY_UNKNOWN'
  | 'STUDY_DIFFERS'
  | 'STUDY_FAILED'
  | 'TRIAL_UNKNOWN'
  | 'DOWNLOAD_FAILED'
  | 'OUTPUT_UNWRITABLE'
  /** 2: wrong usage, or an invalid file. */
  | 'USAGE'
  | 'STUDY_INVALID'
  | 'DATASET_UNKNOWN'
  | 'DATASET_MISSING'
  | 'DATASET_INVALID'
  | 'MODEL_INVALID'
  /** 4: nobody there in time. */
  | 'COORDINATOR_UNREACHABLE'
  | 'NO_WORKER'
  /** 5: not allowed. */
  | 'TOKEN_REFUSED'
  | 'CA_REFUSED'
  /** 78: this machine is unfit. */
  | 'MACHINE_UNFIT';

/** An operating error: what happened and why it matters, and how to fix it. */
export class RidgelineError extends Error {
  override readonly name = 'RidgelineError';
  readonly code: ErrorCode;
  /** What happened, where and why: without the code and the fix. */
  readonly what: string;
  /** One imperative sentence: what to do now. */
  readonly fix: string;

  constructor(code: ErrorCode, what: string, fix: string, options?: ErrorOptions) {
    super(`[${code}] ${what}\n  fix: ${fix}`, options);
    this.code = code;
    this.what = what;
    this.fix = fix;
  }
}

/** The message of anything that was thrown, for reports that quote a cause. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Why a file could not be read, for a sentence that names it: the system's own words say the path again. */
export function whyUnread(thrown: unknown): string {
  const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
  return isMissing ? 'there is no such file' : messageOf(thrown);
}
