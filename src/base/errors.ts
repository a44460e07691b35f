/**
 * Operating errors: failures that are expected in the life of a cluster and that a person can fix.
 * `docs/errors.md` has an entry for each code.
 *
 * Bugs are assertions (`assert.ts`); expected outcomes are values.
 */

/** Exit code of a command that fails with the error. */
export const errorExitCodes = {
  PORT_IN_USE: 1,
  STATE_LOCKED: 1,
  STATE_UNWRITABLE: 1,
  STATE_UNSUPPORTED: 1,
  STATE_EXPOSED: 1,
  STATE_UNCERTAIN: 1,
  STATE_OCCUPIED: 1,
  STATE_DAMAGED: 1,
  VERSION_MISMATCH: 1,
  STUDY_UNKNOWN: 1,
  STUDY_DIFFERS: 1,
  STUDY_FAILED: 1,
  TRIAL_UNKNOWN: 1,
  REQUIREMENT_FAILED: 1,
  WORKER_UNKNOWN: 1,
  DOWNLOAD_FAILED: 1,
  OUTPUT_UNWRITABLE: 1,
  USAGE: 2,
  STUDY_INVALID: 2,
  CONFIG_INVALID: 2,
  DATASET_UNKNOWN: 2,
  DATASET_MISSING: 2,
  DATASET_INVALID: 2,
  MODEL_INVALID: 2,
  COORDINATOR_UNREACHABLE: 4,
  NO_WORKER: 4,
  TOKEN_REFUSED: 5,
  CA_REFUSED: 5,
  MACHINE_UNFIT: 78,
} as const;

export type ErrorCode = keyof typeof errorExitCodes;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorExitCodes, code);
}

const catalogue = 'docs/errors.md';

/** An operating error: what happened, and how to fix it. */
export class RidgelineError extends Error {
  override readonly name = 'RidgelineError';
  readonly code: ErrorCode;
  /** What happened, where and why; without the code and the fix. */
  readonly what: string;
  /** What to do now: one imperative sentence. */
  readonly fix: string;

  constructor(code: ErrorCode, what: string, fix: string, options?: ErrorOptions) {
    super(`[${code}] ${what}\n  fix: ${fix}`, options);
    this.code = code;
    this.what = what;
    this.fix = fix;
  }

  /** Path of the catalogue entry in this package, with its anchor. */
  get help(): string {
    return `${catalogue}#${this.code.toLowerCase()}`;
  }
}

/** Message of any thrown value, for reports that quote a cause. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Why a file could not be read, for a sentence that already names the file. Omits the path for a missing file. */
export function whyUnread(thrown: unknown): string {
  const isMissing = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
  return isMissing ? 'there is no such file' : errorMessage(thrown);
}
