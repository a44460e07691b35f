/** Version mismatch: errors of peers that speak different protocol versions or send malformed messages. */
import { RidgelineError } from '../../base/errors.ts';
import { protocolVersion } from './messages.ts';

const sameVersion = 'Install the same version of Ridgeline on both machines';

/** The coordinator rejects a worker. */
export function versionMismatch(
  theirProtocol: number,
  theirVersion: string,
  ourVersion: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The worker (version ${theirVersion}) speaks protocol ${theirProtocol}, but the coordinator (version ${ourVersion}) speaks protocol ${protocolVersion}.`,
    `${sameVersion}.`,
  );
}

/** A client rejects the coordinator to which it has connected. */
export function coordinatorMismatch(
  address: string,
  theirProtocol: number,
  theirVersion: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The coordinator at ${address} (version ${theirVersion}) speaks protocol ${theirProtocol}, but this command speaks protocol ${protocolVersion}.`,
    `${sameVersion}.`,
  );
}

export function malformedMessage(
  sender: 'worker' | 'coordinator' | 'client',
  reason: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The ${sender} sent a message that breaks the rules of the protocol (${reason}), so the connection was closed.`,
    `${sameVersion}. If the versions are equal, report this as a bug.`,
  );
}
