/** Codes, sessions and guesses, with a clock in hand. */
import { describe, expect, test } from 'vitest';
import type { ViewerRole } from '../../../src/web/page-messages.ts';
import { SignIn } from '../../../src/web/server/sign-in.ts';

const minuteMs = 60_000;

function door(tokens: Map<string, ViewerRole> = new Map()) {
  let count = 0;
  const clock = { nowMs: 0 };
  const signIn = new SignIn({
    secret: () => {
      count += 1;
      return `secret-${count}`;
    },
    nowMs: () => clock.nowMs,
    roleOfToken: (text) => tokens.get(text) ?? null,
  });
  return { signIn, clock, tokens };
}

function sessionOf(outcome: ReturnType<SignIn['signIn']>): string {
  if (outcome.kind !== 'signed-in') throw new Error(`not signed in: ${outcome.kind}`);
  return outcome.session;
}

describe('signing in', () => {
  test('a code opens one session, once, with its role', () => {
    const { signIn } = door();
    const code = signIn.issueCode('viewer');
    const session = sessionOf(signIn.signIn(code));
    expect(signIn.roleOf(session)).toBe('viewer');
    expect(signIn.signIn(code)).toEqual({ kind: 'refused' });
    expect(signIn.roleOf(code)).toBeNull();
    expect(signIn.roleOf(null)).toBeNull();
  });

  test('a code is good for 15 minutes, a session for 12 hours', () => {
    const { signIn, clock } = door();
    const late = signIn.issueCode('admin');
    clock.nowMs = 15 * minuteMs;
    expect(signIn.signIn(late)).toEqual({ kind: 'refused' });
    const session = sessionOf(signIn.signIn(signIn.issueCode('admin')));
    clock.nowMs += 12 * 60 * minuteMs - 1;
    expect(signIn.roleOf(session)).toBe('admin');
    clock.nowMs += 1;
    expect(signIn.roleOf(session)).toBeNull();
  });

  test('a token opens a session that ends when the token is revoked', () => {
    const { signIn, tokens } = door(new Map([['token', 'viewer']]));
    const session = sessionOf(signIn.signIn('token'));
    expect(signIn.roleOf(session)).toBe('viewer');
    tokens.delete('token');
    expect(signIn.roleOf(session)).toBeNull();
  });

  test('after twenty wrong guesses within a minute guessing waits, and a right code does not', () => {
    const { signIn, clock } = door();
    const code = signIn.issueCode('admin');
    for (let guess = 0; guess < 20; guess += 1)
      expect(signIn.signIn(`guess ${guess}`)).toEqual({ kind: 'refused' });
    expect(signIn.signIn('another')).toEqual({ kind: 'too-many', againInMs: minuteMs });
    expect(signIn.signIn(code).kind).toBe('signed-in');
    clock.nowMs = minuteMs;
    expect(signIn.signIn('another')).toEqual({ kind: 'refused' });
  });

  test('who signs out is out', () => {
    const { signIn } = door();
    const session = sessionOf(signIn.signIn(signIn.issueCode('admin')));
    signIn.signOut(session);
    expect(signIn.roleOf(session)).toBeNull();
  });
});
