/** Limits of new sessions, and of the bytes of several sessions together. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { SessionLimits } from '../../../src/rpc/server/session-limits.ts';
import { serverLimits, type ServerLimits } from '../../../src/rpc/server/server-limits.ts';

class Server {
  nowMs = 0;
  readonly limits: SessionLimits;

  constructor(changes: Partial<ServerLimits> = {}) {
    const clock = { monotonicMs: () => this.nowMs };
    this.limits = new SessionLimits({ ...serverLimits, ...changes }, clock);
  }

  /** @returns how many of the sessions, opened one after another and ended at once, are accepted */
  accepted(count: number, token: (index: number) => string, host: (index: number) => string) {
    let accepted = 0;
    for (let index = 0; index < count; index++) {
      try {
        this.limits.open(token(index), host(index));
        accepted += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(RidgelineError);
      }
    }
    return accepted;
  }
}

const perHost = (index: number): string => `10.0.${index >> 8}.${index & 255}`;

describe('new sessions', () => {
  test('of 2,000 workers that join at once, with one token and address, and once more after a cut, are accepted', () => {
    const server = new Server();
    const join = () =>
      server.accepted(
        2_000,
        () => 'token',
        () => '10.0.0.1',
      );
    expect(join()).toBe(2_000);
    server.nowMs += 1_000;
    expect(join()).toBe(2_000);
  });

  test.each<[string, (index: number) => string, (index: number) => string]>([
    ['of one token', () => 'token', perHost],
    ['from one address', (index) => `token-${index}`, () => '10.0.0.1'],
  ])('%s are accepted up to a number, and then 50 each second', (_, token, host) => {
    const newSessions = 200;
    const server = new Server({ newSessions });
    expect(server.accepted(500, token, host)).toBe(newSessions);
    server.nowMs = 1_000;
    expect(server.accepted(100, token, host)).toBe(50);
    server.nowMs = 3_600_000;
    expect(server.accepted(500, token, host)).toBe(newSessions);
  });

  test('above the number are refused with a reason and what to do, and other tokens are not affected', () => {
    const server = new Server({ newSessions: 1, newSessionsPerSecond: 2 });
    server.limits.open('a', '10.0.0.1');
    expect(() => server.limits.open('a', '10.0.0.2')).toThrow(
      expect.objectContaining({
        code: 'COORDINATOR_UNREACHABLE', // A worker repeats its attempt after this code.
        what: 'Token a has opened too many sessions in a short time: 2 more are accepted each second.',
        fix: expect.stringContaining('the worker tries again'),
      }),
    );
    server.limits.open('b', '10.0.0.2');
    expect(() => server.limits.open('c', '10.0.0.2')).toThrow(
      expect.objectContaining({ what: expect.stringContaining('Address 10.0.0.2 has opened') }),
    );
  });

  test('from many addresses take a limited amount of memory, and stay limited for the last addresses', () => {
    const server = new Server({ newSessions: 1 });
    const token = (index: number): string => `token-${index}`;
    expect(server.accepted(4_500, token, perHost)).toBe(4_500);
    const last = (index: number): string => perHost(4_499 - index);
    const others = (index: number): string => `other-${index}`;
    expect(server.accepted(200, others, last)).toBe(0);
    expect(server.accepted(200, (index) => `more-${index}`, perHost)).toBe(200);
  });
});

describe('bytes of several sessions', () => {
  test('of one token are limited together, and those of all tokens', () => {
    const server = new Server({
      tokenBytesPerSecond: 100,
      tokenByteBurst: 1_000,
      totalBytesPerSecond: 200,
      totalByteBurst: 2_500,
    });
    const [a1, a2, b] = ['a', 'a', 'b'].map((token) => server.limits.open(token, '10.0.0.1'));
    const waitMs = (session: typeof a1, bytes: number): number =>
      Math.max(...session!.byteRates.map((rate) => Math.round(rate.taken(server.nowMs, bytes))));
    expect(waitMs(a1, 900)).toBe(0);
    // 200 bytes above the burst of the token.
    expect(waitMs(a2, 299)).toBe(2_000);
    expect(waitMs(b, 900)).toBe(0);
    // 200 bytes above what all tokens have left, which arrive in a second; 1,000 above that of `a`.
    expect(waitMs(a1, 600)).toBe(8_000);
    expect(waitMs(b, 50)).toBe(1_250);
  });
});
