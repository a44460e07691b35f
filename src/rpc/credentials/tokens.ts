/**
 * Tokens: the credentials of workers and operators, in one file of the coordinator's keys directory.
 *
 * A secret is 32 random bytes. It is shown once, and only its SHA-256 is stored: a random secret of this
 * length needs no slow hash. The role `worker` opens sessions and fetches data, `viewer` reads, and
 * `admin` calls every method of the control service.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { RidgelineError, errorMessage } from '../../base/errors.ts';
import { toCamel, toSnake, type Camel } from '../../study/spec/case-codec.ts';
import { ownTokenId } from '../../study/own-token.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

export const roles = ['worker', 'viewer', 'admin'] as const;
export type Role = (typeof roles)[number];

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
      role: z.enum(roles),
      created_at_ms: z.number(),
      expires_at_ms: z.number().nullable(),
    }),
  ),
});

type StoredToken = Camel<z.infer<typeof fileSchema>>['tokens'][number];

/** @throws RidgelineError STATE_DAMAGED if the file exists but is invalid */
export function openTokens(keysDir: string): TokenFile {
  const path = join(keysDir, 'tokens.json');
  const text = readPrivateFile(path);
  try {
    return new TokenFile(
      path,
      text === null ? [] : toCamel(fileSchema.parse(JSON.parse(text))).tokens,
    );
  } catch (error) {
    throw new RidgelineError(
      'STATE_DAMAGED',
      `${path} is not a valid token file: ${errorMessage(error)}.`,
      'Restore it from a backup, or delete it. Without it workers need new join strings.',
      { cause: error },
    );
  }
}

export class TokenFile {
  readonly #path: string;
  #tokens: ReadonlyMap<string, StoredToken>;
  #own: StoredToken | undefined;

  constructor(path: string, tokens: readonly StoredToken[]) {
    this.#path = path;
    this.#tokens = new Map(tokens.map((token) => [token.id, token]));
  }

  /** @returns the token and its secret, which cannot be retrieved later */
  create(role: Role, nowMs: number, expiresAtMs: number | null): { token: Token; secret: string } {
    const id = randomBytes(6).toString('hex');
    const secret = randomBytes(32).toString('base64url');
    const token: Token = { id, role, createdAtMs: nowMs, expiresAtMs };
    const secretSha256 = hashSecret(secret).toString('hex');
    this.#save(this.#remembered(nowMs).set(id, { ...token, secretSha256 }));
    return { token, secret };
  }

  /**
   * Creates the coordinator's own token for a worker on its machine. It is not stored, and ends with the
   * process. @returns its secret
   */
  createOwn(nowMs: number): string {
    const secret = randomBytes(32).toString('base64url');
    const secretSha256 = hashSecret(secret).toString('hex');
    const token = {
      id: ownTokenId,
      role: 'worker',
      createdAtMs: nowMs,
      expiresAtMs: null,
    } as const;
    this.#own = { ...token, secretSha256 };
    return secret;
  }

  verify(id: string, secret: string, nowMs: number): Verdict {
    const stored = id === ownTokenId ? this.#own : this.#tokens.get(id);
    const hash = Buffer.from(stored?.secretSha256 ?? '', 'hex');
    if (stored === undefined || !timingSafeEqual(hash, hashSecret(secret)))
      return { kind: 'unknown' };
    const token = withoutSecret(stored);
    if (token.expiresAtMs !== null && token.expiresAtMs <= nowMs)
      return { kind: 'expired', expiredAtMs: token.expiresAtMs };
    return { kind: 'valid', token };
  }

  /** @returns false if no such token exists */
  revoke(id: string): boolean {
    const left = new Map(this.#tokens);
    const existed = left.delete(id);
    if (existed) this.#save(left);
    return existed;
  }

  list(): Token[] {
    return [...this.#tokens.values()].map(withoutSecret);
  }

  /** Expired tokens are kept for 30 days, so that their use is reported as `expired`, not `unknown`. */
  #remembered(nowMs: number): Map<string, StoredToken> {
    const oldestMs = nowMs - 30 * 86_400_000;
    return new Map(
      [...this.#tokens].filter(([, { expiresAtMs }]) => (expiresAtMs ?? nowMs) >= oldestMs),
    );
  }

  /** Writes the file first: if that fails, nothing changes. */
  #save(next: ReadonlyMap<string, StoredToken>): void {
    const file = { schemaVersion: 1, tokens: [...next.values()] };
    writePrivateFile(this.#path, `${JSON.stringify(toSnake(file), null, 2)}\n`);
    this.#tokens = next;
  }
}

function withoutSecret({ id, role, createdAtMs, expiresAtMs }: StoredToken): Token {
  return { id, role, createdAtMs, expiresAtMs };
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
