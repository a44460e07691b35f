/** Call authorization: checks the `authorization` metadata of a call. */
import type { Metadata } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';

/** @throws RidgelineError TOKEN_REFUSED if the call has no valid token */
export function authenticate(metadata: Metadata, tokens: TokenFile, nowMs: number): Token {
  const headers = metadata.get('authorization');
  const header = headers.length === 1 ? (headers[0]?.toString() ?? '') : '';
  const groups = /^Bearer (?<id>[A-Za-z0-9_-]{1,64}):(?<secret>[A-Za-z0-9_-]{1,64})$/.exec(
    header,
  )?.groups;
  const { id = '', secret = '' } = groups ?? {};
  if (id === '') throw refused('The coordinator refused the call because it has no token.');
  const verdict = tokens.verify(id, secret, nowMs);
  switch (verdict.kind) {
    case 'unknown':
      throw refused(`The coordinator has no token ${id}, or its secret is a different one.`);
    case 'expired':
      throw tokenExpired(id, verdict.expiredAtMs);
    case 'valid':
      return verdict.token;
  }
}

/** @throws RidgelineError TOKEN_REFUSED if the token's role does not allow the call */
export function requireRole(token: Token, allowed: readonly Role[]): void {
  if (allowed.includes(token.role)) return;
  // The first role is the least powerful one that suffices. Without --role the token is for a worker.
  const [least = 'admin'] = allowed;
  throw refused(
    `Token ${token.id} has the role ${token.role}, but this request needs ${allowed.join(' or ')}.`,
    `Create a join string with \`ridgeline token new --role ${least}\` on the coordinator's machine.`,
  );
}

export function tokenExpired(id: string, expiredAtMs: number): RidgelineError {
  return refused(`Token ${id} expired at ${new Date(expiredAtMs).toISOString()}.`);
}

export function tokenRevoked(id: string): RidgelineError {
  return refused(`Token ${id} was revoked, so the coordinator closed its connections.`);
}

/** Temporary: a worker whose broken stream still counts is accepted a moment later. */
export function tokenUsedUp(id: string, sessions: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `Token ${id} already has ${sessions} open sessions, which is the limit for one token.`,
    'Create another token with `ridgeline token new --role worker`, or stop workers that are not needed.',
  );
}

function refused(
  what: string,
  fix = "Create a new join string with `ridgeline token new` on the coordinator's machine; it is for a worker unless --role is given.",
): RidgelineError {
  return new RidgelineError('TOKEN_REFUSED', what, fix);
}
