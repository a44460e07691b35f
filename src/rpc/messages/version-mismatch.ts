/** Version mismatch: errors of peers that speak different protocol versions or send malformed messages. */
import { RidgelineError } from '../../base/errors.ts';
import { protocolVersion } from './messages.ts';

const sameVersion = 'Install the same version of Ridgeline on both machines';

/** The coordinator rejects a worker. */
export function versionMismatch(protocol: number, version: string, own: string): RidgelineError {
  return mismatch(`worker (version ${version})`, protocol, `the coordinator (version ${own})`);
}

/** A client rejects the coordinator to which it has connected. */
export function coordinatorMismatch(
  address: string,
  protocol: number,
  version: string,
): RidgelineError {
  return mismatch(`coordinator at ${address} (version ${version})`, protocol, 'this command');
}

function mismatch(theirs: string, protocol: number, ours: string): RidgelineError {
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The ${theirs} speaks protocol ${protocol}, but ${ours} speaks protocol ${protocolVersion}.`,
    `${sameVersion}.`,
  );
}

/** The cause of the error of a message that breaks a rule of the protocol. */
export const brokenRule = 'broken rule';

export function malformedMessage(
  sender: 'worker' | 'coordinator' | 'client',
  reason: string,
): RidgelineError {
  const outcome = sender === 'client' ? 'the request was refused' : 'the connection was closed';
  return new RidgelineError(
    'VERSION_MISMATCH',
    `The ${sender} sent a message that breaks the rules of the protocol (${reason}), so ${outcome}.`,
    `${sameVersion}. If the versions are equal, report this as a bug.`,
    { cause: brokenRule },
  );
}
