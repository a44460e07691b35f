/** Who calls, and whether they may: the `authorization` metadata of every call, both sides of it. */
import { Metadata } from '@grpc/grpc-js';
import { RidgelineError } from '../../base/errors.ts';
import type { JoinTarget } from '../credentials/join-string.ts';
import type { Role, Token, TokenFile } from '../credentials/tokens.ts';

export function authorizationMetadata({ tokenId, secret }: JoinTarget): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokenId}:${secret}`);
  return metadata;
}

/** @throws RidgelineError TOKEN_REFUSED for a call without a token that is good now */
export function authenticate(metadata: Metadata, tokens: TokenFile, nowMs: number): Token {
  const headers = metadata.get('authorization');
  const header = headers.length === 1 ? (headers[0]?.toString() ?? '') : '';
  const groups = /^Bearer (?<id>[A-Za-z0-9_-]{1,64}):(?<secret>[A-Za-z0-9_-]{1,64})$/.exec(
    header,
  )?.groups;
  const { id = '', secret = '' } = groups ?? {};
  if (id === '') throw refused('The call carried no token, so the coordinator refused it.');
  const verdict = tokens.verify(id, secret, nowMs);
  switch (verdict.kind) {
    case 'unknown':
      throw refused(`The coordinator does not know token ${id}, or its secret is another one.`);
    case 'expired':
      throw tokenExpired(id, verdict.expiredAtMs);
    case 'valid':
      return verdict.token;
  }
}

/** @throws RidgelineError TOKEN_REFUSED where the token's role does not allow the call */
export function requireRole(token: Token, allowed: readonly Role[]): void {
  if (allowed.includes(token.role)) return;
  throw refused(
    `Token ${token.id} has the role ${token.role}; this needs ${allowed.join(' or ')}, so the coordinator refused it.`,
    // The role that may least of those that may this: without --role it would be a worker's.
    `Make a join string for it with \`ridgeline token new --role ${allowed[0] ?? 'admin'}\` on the machine of the coordinator.`,
  );
}

export function tokenExpired(id: string, expiredAtMs: number): RidgelineError {
  return refused(`Token ${id} expired at ${new Date(expiredAtMs).toISOString()}.`);
}

export function tokenRevoked(id: string): RidgelineError {
  return refused(`Token ${id} was revoked, so the coordinator ended what it had let in.`);
}

/** Not a refusal for good: a worker whose broken stream still counts is let in a moment later. */
export function tokenUsedUp(id: string, sessions: number): RidgelineError {
  return new RidgelineError(
    'COORDINATOR_UNREACHABLE',
    `Token ${id} has let in ${sessions} workers, as many as one token may at a time, so the coordinator lets in no other one with it now.`,
    'Make another token with `ridgeline token new --role worker`, or stop workers that are not needed.',
  );
}

function refused(
  what: string,
  fix = 'Make a fresh join string with `ridgeline token new` on the machine of the coordinator; it is for a worker, unless --role says otherwise.',
): RidgelineError {
  return new RidgelineError('TOKEN_REFUSED', what, fix);
}
