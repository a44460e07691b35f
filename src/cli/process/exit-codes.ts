/** The exit codes, as `ridgeline help exit-codes` prints them, and which error has which. */
import type { ErrorCode } from '../../base/errors.ts';

export const exitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  partly: 3,
  nobodyThere: 4,
  notAllowed: 5,
  unfit: 78,
  interrupted: 130,
  terminated: 143,
} as const;

export const exitCodesText = `Exit codes
  0    done; diverged trials are results, not failures
  1    the operation failed: port in use, state locked or unwritable, other version, unknown study,
       a study that failed or was cancelled
  2    wrong usage, or an invalid file
  3    finished, but trials were lost for good or results are disputed
  4    no coordinator, or no worker in time
  5    token or certificate authority refused
  78   this machine is unfit (see \`ridgeline doctor\`)
  130  ended by Ctrl-C with work cut off
  143  ended by SIGTERM with work cut off; a drain that completes exits 0
`;

const exitCodes: Record<ErrorCode, number> = {
  PORT_IN_USE: exitCode.failed,
  STATE_LOCKED: exitCode.failed,
  STATE_UNWRITABLE: exitCode.failed,
  STATE_UNCERTAIN: exitCode.failed,
  STATE_OCCUPIED: exitCode.failed,
  STATE_DAMAGED: exitCode.failed,
  VERSION_MISMATCH: exitCode.failed,
  STUDY_UNKNOWN: exitCode.failed,
  STUDY_DIFFERS: exitCode.failed,
  STUDY_FAILED: exitCode.failed,
  TRIAL_UNKNOWN: exitCode.failed,
  DOWNLOAD_FAILED: exitCode.failed,
  OUTPUT_UNWRITABLE: exitCode.failed,
  USAGE: exitCode.usage,
  STUDY_INVALID: exitCode.usage,
  DATASET_UNKNOWN: exitCode.usage,
  DATASET_MISSING: exitCode.usage,
  DATASET_INVALID: exitCode.usage,
  MODEL_INVALID: exitCode.usage,
  COORDINATOR_UNREACHABLE: exitCode.nobodyThere,
  NO_WORKER: exitCode.nobodyThere,
  TOKEN_REFUSED: exitCode.notAllowed,
  CA_REFUSED: exitCode.notAllowed,
  MACHINE_UNFIT: exitCode.unfit,
};

export function exitCodeOf(code: ErrorCode): number {
  return exitCodes[code];
}
