/** Who calls, and whether they may: the `authorization` metadata of every call, both sides of it. */
import { Metadata } from '@grpc/grpc-js';
import { RidgelineError } from '../base/errors.ts';
import type { JoinTarget } from './join-string.ts';
import type { Role, Token, TokenFile } from './tokens.ts';

export function authorizationMetadata({ tokenId, secret }: JoinTarget): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokenId}:${secret}`);
  return metadata;
}

/** @throws RidgelineError TOKEN_REFUSED */
export function authorize(
  metadata: Metadata,
  tokens: TokenFile,
  allowed: readonly Role[],
  nowMs: number,
): Token {
  const header = metadata.get('authorization')[0]?.toString() ?? '';
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
      throw refused(`Token ${id} expired at ${new Date(verdict.expiredAtMs).toISOString()}.`);
    case 'valid': {
      const { token } = verdict;
      if (allowed.includes(token.role)) return token;
      throw refused(
        `Token ${id} has the role ${token.role}; this needs ${allowed.join(' or ')}, so the coordinator refused it.`,
      );
    }
  }
}

function refused(what: string): RidgelineError {
  return new RidgelineError(
    'TOKEN_REFUSED',
    what,
    'Make a fresh join string with `ridgeline token new` on the machine of the coordinator.',
  );
}
