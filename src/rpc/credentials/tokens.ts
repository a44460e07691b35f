/**
 * Who may do what: the tokens of a coordinator, in one file of its state directory.
 *
 * A secret is 32 random bytes, told once and kept only as its SHA-256; with that much entropy a plain
 * hash is as good as a slow one. `worker` trains and fetches data, `viewer` reads, `admin` does all
 * but train.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { RidgelineError, messageOf } from '../../base/errors.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export type Role = 'worker' | 'viewer' | 'admin';

export interface Token {
  readonly id: string;
  readonly role: Role;
  readonly createdAtMs: number;
  /** Null: valid until it is revoked. */
  readonly expiresAtMs: number | null;
}

export type Verdict =
  | { readonly kind: 'valid'; readonly token: Token }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired'; readonly expiredAtMs: number };

const fileSchema = z.strictObject({
  schema_version: z.literal(1),
  tokens: z.array(
    z.strictObject({
      id: z.string(),
      secret_sha256: z.string().regex(/^[0-9a-f]{64}$/),
      role: z.enum(['worker', 'viewer', 'admin']),
      created_at_ms: z.number(),
      expires_at_ms: z.number().nullable(),
    }),
  ),
});

interface KeptToken extends Token {
  readonly secretHash: Buffer;
}

/** @throws RidgelineError STATE_DAMAGED when the file is there but cannot be understood */
export function openTokens(stateDir: string): TokenFile {
  const path = join(stateDir, 'tokens.json');
  const text = readPrivateFile(path);
  return new TokenFile(path, text === null ? [] : parseFile(path, text));
}

export class TokenFile {
  readonly #path: string;
  #tokens: ReadonlyMap<string, KeptToken>;

  constructor(path: string, tokens: readonly KeptToken[]) {
    this.#path = path;
    this.#tokens = new Map(tokens.map((kept) => [kept.id, kept]));
  }

  /** @returns the token and its secret, which nobody can find out again */
  create(role: Role, nowMs: number, expiresAtMs: number | null): { token: Token; secret: string } {
    const id = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const token: Token = { id, role, createdAtMs: nowMs, expiresAtMs };
    const kept = this.#unforgotten(nowMs);
    this.#keep(kept.set(id, { ...token, secretHash: hashOf(secret) }));
    return { token, secret };
  }

  verify(id: string, secret: string, nowMs: number): Verdict {
    const kept = this.#tokens.get(id);
    if (kept === undefined || !timingSafeEqual(kept.secretHash, hashOf(secret))) {
      return { kind: 'unknown' };
    }
    const token = withoutSecret(kept);
    if (token.expiresAtMs !== null && token.expiresAtMs <= nowMs) {
      return { kind: 'expired', expiredAtMs: token.expiresAtMs };
    }
    return { kind: 'valid', token };
  }

  /** @returns false when there was no such token */
  revoke(id: string): boolean {
    const left = new Map(this.#tokens);
    const wasThere = left.delete(id);
    if (wasThere) this.#keep(left);
    return wasThere;
  }

  list(): Token[] {
    return [...this.#tokens.values()].map((kept) => withoutSecret(kept));
  }

  /** A while after their end, so that their owners are told `expired` and not `unknown`. */
  #unforgotten(nowMs: number): Map<string, KeptToken> {
    const keptMs = 30 * 86_400_000;
    return new Map(
      [...this.#tokens].filter(
        ([, { expiresAtMs }]) => expiresAtMs === null || expiresAtMs + keptMs >= nowMs,
      ),
    );
  }

  /** The file first: what could not be written is not so, and may be asked for again. */
  #keep(next: ReadonlyMap<string, KeptToken>): void {
    const tokens = [...next.values()].map((kept) => ({
      id: kept.id,
      secret_sha256: kept.secretHash.toString('hex'),
      role: kept.role,
      created_at_ms: kept.createdAtMs,
      expires_at_ms: kept.expiresAtMs,
    }));
    writePrivateFile(this.#path, `${JSON.stringify({ schema_version: 1, tokens }, null, 2)}\n`);
    this.#tokens = next;
  }
}

function withoutSecret({ id, role, createdAtMs, expiresAtMs }: KeptToken): Token {
  return { id, role, createdAtMs, expiresAtMs };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function parseFile(path: string, text: string): KeptToken[] {
  try {
    return fileSchema.parse(JSON.parse(text)).tokens.map((token) => ({
      id: token.id,
      role: token.role,
      createdAtMs: token.created_at_ms,
      expiresAtMs: token.expires_at_ms,
      secretHash: Buffer.from(token.secret_sha256, 'hex'),
    }));
  } catch (error) {
    throw new RidgelineError(
      'STATE_DAMAGED',
      `${path} is not a file of tokens: ${messageOf(error)}.`,
      `Restore it from a backup, or delete it; then workers need new join strings.`,
      { cause: error },
    );
  }
}
