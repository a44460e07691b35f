/**
 * Error status: sends operating errors through gRPC. A `RidgelineError` becomes a status with its code,
 * message and fix in the metadata, and the receiver rebuilds the same error from them.
 *
 * Any other status, such as that of a broken connection, becomes the `RidgelineError` that describes it.
 */
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { RidgelineError, errorExitCodes, messageOf, type ErrorCode } from '../../base/errors.ts';
import { malformedMessage } from './version-mismatch.ts';
import { BadField } from './wire-codec.ts';

const codeKey = 'ridgeline-code';
const whatKey = 'ridgeline-what-bin';
const fixKey = 'ridgeline-fix-bin';

/** HTTP/2 peers reject long headers; base64 makes a text a third longer. */
const whatBytesMax = 8_192;

/** The standard status for clients that do not read the metadata; FAILED_PRECONDITION for other codes. */
const standardStatus: Readonly<Partial<Record<ErrorCode, status>>> = {
  STATE_UNCERTAIN: status.DATA_LOSS,
  STATE_DAMAGED: status.DATA_LOSS,
  STUDY_UNKNOWN: status.NOT_FOUND,
  STUDY_DIFFERS: status.ALREADY_EXISTS,
  TRIAL_UNKNOWN: status.NOT_FOUND,
  USAGE: status.INVALID_ARGUMENT,
  STUDY_INVALID: status.INVALID_ARGUMENT,
  DATASET_UNKNOWN: status.NOT_FOUND,
  DATASET_MISSING: status.NOT_FOUND,
  MODEL_INVALID: status.INVALID_ARGUMENT,
  COORDINATOR_UNREACHABLE: status.UNAVAILABLE,
  TOKEN_REFUSED: status.UNAUTHENTICATED,
  CA_REFUSED: status.UNAUTHENTICATED,
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
  return { code: standardStatus[error.code] ?? status.FAILED_PRECONDITION, details, metadata };
}

/** The status of a failed call. For a malformed request it names the broken rule. */
export function callStatus(error: unknown, sender: 'worker' | 'client'): WireStatus {
  return errorToStatus(error instanceof BadField ? malformedMessage(sender, error.message) : error);
}

/** UTF-8 of a text, cut at a character boundary. */
function cut(text: string, bytesMax: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return bytes;
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

/**
 * @param address the called coordinator, for the message
 * @returns the `RidgelineError` that the coordinator threw or that describes the status; a plain Error for
 *   a bug of the coordinator
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
        'Check that the coordinator is running and that the network works.',
        { cause: error },
      );
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new RidgelineError(
        'TOKEN_REFUSED',
        `The coordinator at ${address} refused the token: ${error.details}.`,
        "Create a new join string with `ridgeline token new` on the coordinator's machine.",
        { cause: error },
      );
    case status.UNIMPLEMENTED:
      return new RidgelineError(
        'VERSION_MISMATCH',
        `The coordinator at ${address} does not support this request: ${error.details}.`,
        'Install the same version of Ridgeline on both machines.',
        { cause: error },
      );
    default:
      return new Error(`The coordinator at ${address} failed: ${error.details}`, { cause: error });
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorExitCodes, code);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && error.metadata instanceof Metadata;
}
