/** What is said when two sides were built to speak different protocols, or do not understand each other. */
import { RidgelineError } from '../../base/errors.ts';
import { protocolVersion } from './messages.ts';

/** A worker's `hello` has another protocol: said by the coordinator, read at the worker. */
export function versionMismatch(
  theirProtocol: number,
  theirVersion: string,
  ourVersion: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The worker (version ${theirVersion}) speaks protocol ${theirProtocol}, the coordinator (version ${ourVersion}) protocol ${protocolVersion}, so they cannot work together.`,
    'Install the same version of Ridgeline on both machines.',
  );
}

/** The coordinator has another protocol: found by a command that has just connected. */
export function coordinatorMismatch(
  address: string,
  theirProtocol: number,
  theirVersion: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The coordinator at ${address} (version ${theirVersion}) speaks protocol ${theirProtocol}, this command protocol ${protocolVersion}, so they cannot work together.`,
    'Install the same version of Ridgeline on both machines.',
  );
}

/** A message broke the rules of the protocol that both claim to speak. */
export function malformedMessage(
  sender: 'worker' | 'coordinator' | 'client',
  reason: string,
): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The ${sender} sent a message that breaks the rules of the protocol (${reason}), so the connection was closed.`,
    'Install the same version of Ridgeline on both machines; if they have it, report this.',
  );
}
