/**
 * Who looks at the dashboard: one-time codes, sessions, and how often somebody may guess.
 *
 * A code is printed as a link whose fragment (after #) holds it: a browser never sends a fragment, so
 * the code stands in no request line, log or referrer; the page sends it once, in a body, and gets a
 * cookie. A token made by `ridgeline token new` opens the same door. Both are compared by their hash.
 *
 * Not here: cookies and status codes (`guards.ts`), and which tokens exist (`live-cluster.ts`).
 */
import { createHash } from 'node:crypto';
import type { ViewerRole } from '../page-messages.ts';

export interface SignInPorts {
  /** 32 random bytes as base64url. */
  readonly secret: () => string;
  readonly nowMs: () => number;
  readonly roleOfToken: (text: string) => ViewerRole | null;
}

export type SignedIn =
  | { readonly kind: 'signed-in'; readonly session: string; readonly role: ViewerRole }
  | { readonly kind: 'refused' }
  | { readonly kind: 'too-many'; readonly againInMs: number };

const codeMs = 15 * 60_000;
const sessionMs = 12 * 3_600_000;
const sessionsMax = 500;
/** Wrong guesses within a window, from anywhere. A right one is let in all the same: 256 bits are not guessed, and nobody must lock others out. */
const failuresMax = 20;
const failureWindowMs = 60_000;

interface Kept {
  readonly role: ViewerRole;
  readonly untilMs: number;
  /** The token that opened this session, asked about again at every request: it may be revoked. */
  readonly token: string | null;
}

export class SignIn {
  readonly #ports: SignInPorts;
  /** By the hash of what opens them. */
  readonly #codes = new Map<string, Kept>();
  readonly #sessions = new Map<string, Kept>();
  #failures: number[] = [];

  constructor(ports: SignInPorts) {
    this.#ports = ports;
  }

  /** @returns a code that opens one session within 15 minutes */
  issueCode(role: ViewerRole): string {
    const nowMs = this.#ports.nowMs();
    dropOld(this.#codes, nowMs);
    const code = this.#ports.secret();
    this.#codes.set(hashOf(code), { role, untilMs: nowMs + codeMs, token: null });
    return code;
  }

  /** @param text a one-time code, or a token */
  signIn(text: string): SignedIn {
    const nowMs = this.#ports.nowMs();
    dropOld(this.#codes, nowMs);
    const key = hashOf(text);
    const code = this.#codes.get(key);
    if (code !== undefined) {
      this.#codes.delete(key);
      return this.#open(code.role, null, nowMs);
    }
    const role = this.#ports.roleOfToken(text);
    if (role !== null) return this.#open(role, text, nowMs);
    return this.#failed(nowMs);
  }

  /** Null for no session, or one that has ended or whose token was revoked. */
  roleOf(session: string | null): ViewerRole | null {
    if (session === null) return null;
    const key = hashOf(session);
    const kept = this.#sessions.get(key);
    if (kept === undefined) return null;
    const isOver =
      kept.untilMs <= this.#ports.nowMs() ||
      (kept.token !== null && this.#ports.roleOfToken(kept.token) !== kept.role);
    if (!isOver) return kept.role;
    this.#sessions.delete(key);
    return null;
  }

  signOut(session: string): void {
    this.#sessions.delete(hashOf(session));
  }

  #failed(nowMs: number): SignedIn {
    this.#failures = this.#failures.filter((atMs) => atMs > nowMs - failureWindowMs);
    const oldest = this.#failures[0];
    if (this.#failures.length >= failuresMax && oldest !== undefined)
      return { kind: 'too-many', againInMs: oldest + failureWindowMs - nowMs };
    this.#failures.push(nowMs);
    return { kind: 'refused' };
  }

  #open(role: ViewerRole, token: string | null, nowMs: number): SignedIn {
    dropOld(this.#sessions, nowMs);
    const oldest = this.#sessions.keys().next().value;
    if (this.#sessions.size >= sessionsMax && oldest !== undefined) this.#sessions.delete(oldest);
    const session = this.#ports.secret();
    this.#sessions.set(hashOf(session), { role, untilMs: nowMs + sessionMs, token });
    return { kind: 'signed-in', session, role };
  }
}

function dropOld(kept: Map<string, Kept>, nowMs: number): void {
  for (const [key, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(key);
}

/** Looked up by hash, so that the time of a comparison tells nothing about a secret. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
