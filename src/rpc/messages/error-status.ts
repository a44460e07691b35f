/**
 * Operating errors across the wire: a `RidgelineError` leaves as a gRPC status with its code, its
 * words and its fix in the metadata, and arrives as the same error.
 *
 * What is not one of ours (a broken connection, a bug on the other side) arrives as what it means for
 * whoever called.
 */
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { RidgelineError, messageOf, type ErrorCode } from '../../base/errors.ts';
import { malformedMessage } from './version-mismatch.ts';
import { BadField } from './wire-reading.ts';

const codeKey = 'ridgeline-code';
const whatKey = 'ridgeline-what-bin';
const fixKey = 'ridgeline-fix-bin';

/** HTTP/2 peers refuse long headers; base64 makes a text a third longer. */
const whatBytesMax = 8_192;

/** For clients that are not ours: the standard status nearest to each code. */
const statusOfCode: Readonly<Record<ErrorCode, status>> = {
  PORT_IN_USE: status.FAILED_PRECONDITION,
  STATE_LOCKED: status.FAILED_PRECONDITION,
  STATE_UNWRITABLE: status.FAILED_PRECONDITION,
  STATE_UNCERTAIN: status.DATA_LOSS,
  STATE_OCCUPIED: status.FAILED_PRECONDITION,
  STATE_DAMAGED: status.DATA_LOSS,
  VERSION_MISMATCH: status.FAILED_PRECONDITION,
  STUDY_UNKNOWN: status.NOT_FOUND,
  STUDY_DIFFERS: status.ALREADY_EXISTS,
  STUDY_FAILED: status.FAILED_PRECONDITION,
  TRIAL_UNKNOWN: status.NOT_FOUND,
  DOWNLOAD_FAILED: status.FAILED_PRECONDITION,
  OUTPUT_UNWRITABLE: status.FAILED_PRECONDITION,
  USAGE: status.INVALID_ARGUMENT,
  STUDY_INVALID: status.INVALID_ARGUMENT,
  DATASET_UNKNOWN: status.NOT_FOUND,
  DATASET_MISSING: status.NOT_FOUND,
  DATASET_INVALID: status.FAILED_PRECONDITION,
  MODEL_INVALID: status.INVALID_ARGUMENT,
  COORDINATOR_UNREACHABLE: status.UNAVAILABLE,
  NO_WORKER: status.FAILED_PRECONDITION,
  TOKEN_REFUSED: status.UNAUTHENTICATED,
  CA_REFUSED: status.UNAUTHENTICATED,
  MACHINE_UNFIT: status.FAILED_PRECONDITION,
};

export interface WireStatus {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export function errorToStatus(error: unknown): WireStatus {
  const metadata = new Metadata();
  if (!(error instanceof RidgelineError)) {
    return { code: status.INTERNAL, details: cut(messageOf(error), 1_024).toString(), metadata };
  }
  metadata.set(codeKey, error.code);
  metadata.set(whatKey, cut(error.what, whatBytesMax));
  metadata.set(fixKey, cut(error.fix, 1_024));
  const details = cut(error.what, 1_024).toString();
  return { code: statusOfCode[error.code], details, metadata };
}

/** The status of a call that failed; where its request broke the rules, it says which one. */
export function callStatus(error: unknown, sender: 'worker' | 'client'): WireStatus {
  return errorToStatus(error instanceof BadField ? malformedMessage(sender, error.message) : error);
}

/** Bytes of a text, cut between two characters. */
function cut(text: string, bytesMax: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return bytes;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/**
 * @param address whom we called, for the words
 * @returns the `RidgelineError` that the other side threw, or the one that its silence means; a plain
 *   Error for a bug over there
 */
export function errorFromStatus(error: unknown, address: string): Error {
  if (error instanceof RidgelineError) return error;
  if (!isServiceError(error)) return error instanceof Error ? error : new Error(messageOf(error));
  return ownError(error) ?? foreignError(error, address);
}

function ownError({ metadata }: ServiceError): RidgelineError | null {
  const code = metadata.get(codeKey)[0]?.toString() ?? '';
  const what = metadata.get(whatKey)[0];
  const fix = metadata.get(fixKey)[0];
  if (!isErrorCode(code) || what === undefined || fix === undefined) return null;
  return new RidgelineError(code, what.toString(), fix.toString());
}

function foreignError(error: ServiceError, address: string): Error {
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
    case status.RESOURCE_EXHAUSTED:
      return new RidgelineError(
        'COORDINATOR_UNREACHABLE',
        `The connection to the coordinator at ${address} broke: ${error.details}.`,
        'Check that the coordinator still runs there, and the network between.',
        { cause: error },
      );
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new RidgelineError(
        'TOKEN_REFUSED',
        `The coordinator at ${address} refused the token: ${error.details}.`,
        'Make a fresh join string with `ridgeline token new` on the machine of the coordinator.',
        { cause: error },
      );
    case status.UNIMPLEMENTED:
      return new RidgelineError(
        'VERSION_MISMATCH',
        `The coordinator at ${address} does not know this request: ${error.details}.`,
        'Install the same version of Ridgeline on both machines.',
        { cause: error },
      );
    default:
      return new Error(`The coordinator at ${address} failed: ${error.details}`, { cause: error });
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(statusOfCode, code);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && error.metadata instanceof Metadata;
}
