/**
 * Error status: sends operating errors through gRPC. A `RidgelineError` becomes a status with its code,
 * message and fix in the metadata, and the receiver rebuilds the same error from them.
 *
 * Any other status, such as that of a broken connection, becomes the `RidgelineError` that describes it.
 */
import { Metadata, status, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { RidgelineError, errorMessage, isErrorCode, type ErrorCode } from '../../base/errors.ts';
import { brokenRule, malformedMessage } from './version-mismatch.ts';
import { BadField } from './wire-codec.ts';

const codeKey = 'ridgeline-code';
const whatKey = 'ridgeline-what-bin';
const fixKey = 'ridgeline-fix-bin';

/** HTTP/2 peers reject long headers; base64 makes a text a third longer. */
const whatBytesMax = 8_192;

/** The standard status for clients that do not read the metadata; FAILED_PRECONDITION for other codes. */
const standardStatus: Readonly<Partial<Record<ErrorCode, status>>> = {
  STATE_UNWRITABLE: status.UNAVAILABLE,
  STATE_UNCERTAIN: status.DATA_LOSS,
  STATE_DAMAGED: status.DATA_LOSS,
  STUDY_UNKNOWN: status.NOT_FOUND,
  STUDY_DIFFERS: status.ALREADY_EXISTS,
  TRIAL_UNKNOWN: status.NOT_FOUND,
  WORKER_UNKNOWN: status.NOT_FOUND,
  USAGE: status.INVALID_ARGUMENT,
  STUDY_INVALID: status.INVALID_ARGUMENT,
  DATASET_UNKNOWN: status.NOT_FOUND,
  DATASET_MISSING: status.NOT_FOUND,
  MODEL_INVALID: status.INVALID_ARGUMENT,
  COORDINATOR_UNREACHABLE: status.UNAVAILABLE,
  TOKEN_REFUSED: status.UNAUTHENTICATED,
  CA_REFUSED: status.UNAUTHENTICATED,
};

export function errorToStatus(error: unknown): StatusObject {
  const metadata = new Metadata();
  const isOwn = error instanceof RidgelineError;
  const details = cut(isOwn ? error.what : errorMessage(error), 1_024).toString();
  if (!isOwn) return { code: status.INTERNAL, details, metadata };
  metadata.set(codeKey, error.code);
  metadata.set(whatKey, cut(error.what, whatBytesMax));
  metadata.set(fixKey, cut(error.fix, 1_024));
  const code =
    causeStatus.get(error.cause) ?? standardStatus[error.code] ?? status.FAILED_PRECONDITION;
  return { code, details, metadata };
}

/** The cause of a TOKEN_REFUSED error if the token is valid, but its role may not make the call. */
export const wrongRole = 'wrong role';

/** Errors whose cause is more exact than their code. */
const causeStatus: ReadonlyMap<unknown, status> = new Map([
  [wrongRole, status.PERMISSION_DENIED],
  [brokenRule, status.INVALID_ARGUMENT],
]);

/** The status of a failed call. The error of a malformed request has the path of the field. */
export function callStatus(error: unknown, sender: 'worker' | 'client'): StatusObject {
  return errorToStatus(error instanceof BadField ? malformedMessage(sender, error.message) : error);
}

/** UTF-8 of a text, cut at a character boundary. */
function cut(text: string, bytesMax: number): Buffer {
  const bytes = Buffer.alloc(bytesMax);
  return bytes.subarray(0, bytes.write(text));
}

/**
 * @param address the called coordinator, for the message
 * @returns the `RidgelineError` that the coordinator threw or that describes the status; a plain Error for
 *   a bug of the coordinator
 */
export function errorFromStatus(error: unknown, address: string): Error {
  if (!(error instanceof Error)) return new Error(errorMessage(error));
  if (!isServiceError(error)) return error;
  const [code, what, fix] = [codeKey, whatKey, fixKey].map((key) => error.metadata.get(key)[0]);
  if (isErrorCode(code) && what !== undefined && fix !== undefined)
    return new RidgelineError(code, what.toString(), fix.toString());
  const { details } = error;
  const meaning = statusMeanings[error.code];
  if (meaning === undefined)
    return new Error(`The coordinator at ${address} failed: ${details}`, { cause: error });
  const problem = `The coordinator at ${address} ${meaning.problem}: ${details}.`;
  return new RidgelineError(meaning.code, problem, meaning.fix, { cause: error });
}

const unreachable = {
  code: 'COORDINATOR_UNREACHABLE',
  problem: 'did not complete the request',
  fix: 'Check that the coordinator is running and that the network works.',
} as const;
const tokenRefused = {
  code: 'TOKEN_REFUSED',
  problem: 'refused the token',
  fix: "Create a new join string with `ridgeline token new` on the coordinator's machine.",
} as const;

/** What a status without the metadata of a `RidgelineError` means. */
const statusMeanings: Readonly<
  Partial<Record<status, { code: ErrorCode; problem: string; fix: string }>>
> = {
  [status.UNAVAILABLE]: unreachable,
  [status.CANCELLED]: unreachable,
  [status.DEADLINE_EXCEEDED]: unreachable,
  [status.RESOURCE_EXHAUSTED]: unreachable,
  [status.UNAUTHENTICATED]: tokenRefused,
  [status.PERMISSION_DENIED]: tokenRefused,
  [status.UNIMPLEMENTED]: {
    code: 'VERSION_MISMATCH',
    problem: 'does not support this request',
    fix: 'Install the same version of Ridgeline on both machines.',
  },
};

function isServiceError(error: Error): error is ServiceError {
  return 'metadata' in error && error.metadata instanceof Metadata;
}
