/** Codes, sessions and guesses, with a simulated clock. */
import { describe, expect, test } from 'vitest';
import type { ViewerRole } from '../../../src/web/page-messages.ts';
import { SignIn } from '../../../src/web/server/sign-in.ts';

const minuteMs = 60_000;

function createSignIn(tokens: Map<string, ViewerRole> = new Map()) {
  let count = 0;
  const clock = { nowMs: 0 };
  const ports = {
    secret: () => {
      count += 1;
      return `secret-${count}`;
    },
    nowMs: () => clock.nowMs,
    tokenRole: (text: string) => tokens.get(text) ?? null,
  };
  return { signIn: new SignIn(ports), ports, clock, tokens };
}

function sessionFrom(outcome: ReturnType<SignIn['signIn']>): string {
  if (outcome.kind !== 'signed-in') throw new Error(`not signed in: ${outcome.kind}`);
  return outcome.session;
}

describe('signing in', () => {
  test('a code opens one session, once, with its role', () => {
    const { signIn } = createSignIn();
    const code = signIn.issueCode('viewer');
    const session = sessionFrom(signIn.signIn(code));
    expect(signIn.sessionRole(session)).toBe('viewer');
    expect(signIn.signIn(code)).toEqual({ kind: 'refused' });
    expect(signIn.sessionRole(code)).toBeNull();
    expect(signIn.sessionRole(null)).toBeNull();
  });

  test('codes and sessions stay valid when another server takes over', () => {
    const { signIn, ports } = createSignIn();
    const session = sessionFrom(signIn.signIn(signIn.issueCode('admin')));
    const code = signIn.issueCode('viewer');
    const next = new SignIn(ports, signIn);
    expect(next.sessionRole(session)).toBe('admin');
    expect(next.sessionRole(sessionFrom(next.signIn(code)))).toBe('viewer');
  });

  test('a code is valid for 15 minutes, a session for 12 hours', () => {
    const { signIn, clock } = createSignIn();
    const late = signIn.issueCode('admin');
    clock.nowMs = 15 * minuteMs;
    expect(signIn.signIn(late)).toEqual({ kind: 'refused' });
    const session = sessionFrom(signIn.signIn(signIn.issueCode('admin')));
    clock.nowMs += 12 * 60 * minuteMs - 1;
    expect(signIn.sessionRole(session)).toBe('admin');
    clock.nowMs += 1;
    expect(signIn.sessionRole(session)).toBeNull();
  });

  test('a token opens a session that ends when the token is revoked', () => {
    const { signIn, tokens } = createSignIn(new Map([['token', 'viewer']]));
    const session = sessionFrom(signIn.signIn('token'));
    expect(signIn.sessionRole(session)).toBe('viewer');
    tokens.delete('token');
    expect(signIn.sessionRole(session)).toBeNull();
  });

  test('after twenty wrong guesses within a minute, only a valid code is accepted', () => {
    const { signIn, clock } = createSignIn();
    const code = signIn.issueCode('admin');
    for (let guess = 0; guess < 20; guess += 1)
      expect(signIn.signIn(`guess ${guess}`)).toEqual({ kind: 'refused' });
    expect(signIn.signIn('another')).toEqual({ kind: 'too-many', retryInMs: minuteMs });
    expect(signIn.signIn(code).kind).toBe('signed-in');
    clock.nowMs = minuteMs;
    expect(signIn.signIn('another')).toEqual({ kind: 'refused' });
  });

  test('a session ends when its user signs out', () => {
    const { signIn } = createSignIn();
    const session = sessionFrom(signIn.signIn(signIn.issueCode('admin')));
    signIn.signOut(session);
    expect(signIn.sessionRole(session)).toBeNull();
  });
});
