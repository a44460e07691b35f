/**
 * Sign-in: one-time codes, sessions, and the limit of wrong guesses.
 *
 * A code is in the fragment of a link, after `#`. A browser never sends a fragment, so the code is in no
 * request line, log or referrer; the page sends it once, in a body, and receives a cookie. A token of
 * `ridgeline token new` works like a code.
 */
import { createHash } from 'node:crypto';
import type { ViewerRole } from '../page-messages.ts';

export interface SignInPorts {
  /** Returns a new secret: 32 random bytes as base64url. */
  readonly secret: () => string;
  readonly nowMs: () => number;
  readonly tokenRole: (text: string) => ViewerRole | null;
}

export type SignedIn =
  | { readonly kind: 'signed-in'; readonly session: string; readonly role: ViewerRole }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many'; readonly retryInMs: number };

const codeMs = 15 * 60_000;
const sessionMs = 12 * 3_600_000;
const sessionsMax = 500;
/** Wrong guesses within a window, from any address. A valid code is still accepted, so one user cannot lock out the others. */
const failuresMax = 20;
const failureWindowMs = 60_000;

interface Kept {
  readonly role: ViewerRole;
  readonly untilMs: number;
  /** The token of this session, which is checked at every request, since it may be revoked. */
  readonly token: string | null;
}

export class SignIn {
  readonly #ports: SignInPorts;
  /** One-time codes by hash. */
  readonly #codes: Map<string, Kept>;
  readonly #sessions: Map<string, Kept>;
  #failures: number[] = [];

  /** @param before the sign-in of a server that has closed: its codes and sessions stay valid */
  constructor(ports: SignInPorts, before: SignIn | null = null) {
    this.#ports = ports;
    this.#codes = before === null ? new Map() : before.#codes;
    this.#sessions = before === null ? new Map() : before.#sessions;
  }

  /** @returns a code that opens one session within 15 minutes */
  issueCode(role: ViewerRole): string {
    const nowMs = this.#ports.nowMs();
    dropOld(this.#codes, nowMs);
    const code = this.#ports.secret();
    this.#codes.set(toHash(code), { role, untilMs: nowMs + codeMs, token: null });
    return code;
  }

  /** @param text a one-time code, or a token */
  signIn(text: string): SignedIn {
    const nowMs = this.#ports.nowMs();
    dropOld(this.#codes, nowMs);
    const key = toHash(text);
    const code = this.#codes.get(key);
    if (code !== undefined) {
      this.#codes.delete(key);
      return this.#open(code.role, null, nowMs);
    }
    const role = this.#ports.tokenRole(text);
    if (role !== null) return this.#open(role, text, nowMs);
    return this.#failed(nowMs);
  }

  /** Null without a session, and after it has ended or its token was revoked. */
  sessionRole(session: string | null): ViewerRole | null {
    if (session === null) return null;
    const key = toHash(session);
    const kept = this.#sessions.get(key);
    if (kept === undefined) return null;
    const isRevoked = kept.token !== null && this.#ports.tokenRole(kept.token) !== kept.role;
    if (kept.untilMs > this.#ports.nowMs() && !isRevoked) return kept.role;
    this.#sessions.delete(key);
    return null;
  }

  signOut(session: string): void {
    this.#sessions.delete(toHash(session));
  }

  #failed(nowMs: number): SignedIn {
    this.#failures = this.#failures.filter((atMs) => atMs > nowMs - failureWindowMs);
    const oldest = this.#failures[0];
    if (this.#failures.length >= failuresMax && oldest !== undefined)
      return { kind: 'too-many', retryInMs: oldest + failureWindowMs - nowMs };
    this.#failures.push(nowMs);
    return { kind: 'refused' };
  }

  #open(role: ViewerRole, token: string | null, nowMs: number): SignedIn {
    dropOld(this.#sessions, nowMs);
    const oldest = this.#sessions.keys().next().value;
    if (this.#sessions.size >= sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
    const session = this.#ports.secret();
    this.#sessions.set(toHash(session), { role, untilMs: nowMs + sessionMs, token });
    return { kind: 'signed-in', session, role };
  }
}

function dropOld(kept: Map<string, Kept>, nowMs: number): void {
  for (const [key, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(key);
}

/** Secrets are looked up by hash, so that the time of a comparison reveals nothing. */
function toHash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
