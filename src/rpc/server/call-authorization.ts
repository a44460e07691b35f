/** Call authorization: checks the `authorization` metadata of a call. */
import type { Metadata } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import { wrongRole } from '../messages/error-status.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';

const bearer = /^Bearer (?<id>[A-Za-z0-9_-]{1,64}):(?<secret>[A-Za-z0-9_-]{1,64})$/;

/** @throws RidgelineError TOKEN_REFUSED if the call has no valid token, or its role is not an allowed one */
export function authorize(
  metadata: Metadata,
  tokens: TokenFile,
  nowMs: number,
  allowed: readonly Role[],
): Token {
  const headers = metadata.get('authorization');
  const header = headers.length === 1 ? String(headers[0]) : '';
  const { id = '', secret = '' } = bearer.exec(header)?.groups ?? {};
  if (id === '') throw refused('The coordinator refused the call because it has no token.');
  const verdict = tokens.verify(id, secret, nowMs);
  if (verdict.kind === 'unknown')
    throw refused(
      `Token ${id} is unknown to the coordinator, or its secret is wrong; it may have been revoked.`,
    );
  if (verdict.kind === 'expired') throw tokenExpired(id, verdict.expiredAtMs);
  const { token } = verdict;
  if (allowed.includes(token.role)) return token;
  // The first role is the least powerful one that suffices. Without --role the token is for a worker.
  const [least = 'admin'] = allowed;
  throw refused(
    `Token ${token.id} has the role ${token.role}, but this request needs ${allowed.join(' or ')}.`,
    `Create a join string with \`ridgeline token new --role ${least}\` on the coordinator's machine.`,
    { cause: wrongRole },
  );
}

export function tokenExpired(id: string, expiredAtMs: number): RidgelineError {
  return refused(`Token ${id} expired at ${new Date(expiredAtMs).toISOString()}.`);
}

export function tokenRevoked(id: string): RidgelineError {
  return refused(`Token ${id} was revoked, so the coordinator closed its connections.`);
}

function refused(
  what: string,
  fix = "Create a new join string with `ridgeline token new` on the coordinator's machine; it is for a worker unless --role is given.",
  options?: { readonly cause: typeof wrongRole },
): RidgelineError {
  return new RidgelineError('TOKEN_REFUSED', what, fix, options);
}
