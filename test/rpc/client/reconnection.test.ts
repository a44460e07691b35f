/** Reconnecting to a coordinator, in simulated time. */
import { describe, expect, test } from 'vitest';
import { RidgelineError } from '../../../src/base/errors.ts';
import { Reconnection } from '../../../src/rpc/client/reconnection.ts';

const hour = 3_600_000;

/** A coordinator that is away at some times, and a peer with a clock that only its pauses advance. */
function newPeer(options: { firstWaitMs?: number; waitMs?: number; random?: number } = {}) {
  let nowMs = 0;
  const lines: string[] = [];
  const pauses: number[] = [];
  const stop = new AbortController();
  const reconnection = new Reconnection(
    {
      firstWaitMs: options.firstWaitMs ?? 30_000,
      waitMs: options.waitMs ?? 24 * hour,
      meanwhile: 'Training continues, and results are kept.',
      log: (level, text) => lines.push(`${level}: ${text}`),
      signal: stop.signal,
    },
    {
      nowMs: () => nowMs,
      pause: async (ms) => {
        pauses.push(ms);
        nowMs += ms;
      },
      random: () => options.random ?? 1,
    },
  );
  return {
    reconnection,
    lines,
    pauses,
    stop,
    get nowMs() {
      return nowMs;
    },
    spend: (ms: number) => void (nowMs += ms),
  };
}

const unreachable = (): RidgelineError =>
  new RidgelineError('COORDINATOR_UNREACHABLE', 'No program listens.', 'Start one.');

describe('a peer of a coordinator', () => {
  test('that has joined tries for 24 hours, and logs the break and then one line a minute', async () => {
    const peer = newPeer();
    let talks = 0;
    const running = peer.reconnection.run(async () => {
      talks += 1;
      if (talks > 1) throw unreachable();
      peer.reconnection.welcomed();
      return 'its process ended';
    });
    await expect(running).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    expect(peer.nowMs).toBe(24 * hour);
    expect(peer.lines[0]).toBe(
      'warn: The connection to the coordinator closed: its process ended. Training continues, and results are kept. Trying again for 24 h 00 min (--wait).',
    );
    expect(peer.lines.slice(1).every((line) => line.startsWith('info: No program listens.'))).toBe(
      true,
    );
    expect(peer.lines.length).toBeGreaterThan(24 * 54);
    expect(peer.lines.length).toBeLessThanOrEqual(24 * 60);
  });

  test('that has never joined waits 30 s, and says so', async () => {
    const peer = newPeer();
    const running = peer.reconnection.run(async () => await Promise.reject(unreachable()));
    await expect(running).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
    expect(peer.nowMs).toBe(30_000);
    expect(peer.lines).toEqual(['info: No program listens. Trying again for 30 s (--wait).']);
  });

  test('is back within a quarter of a lease after the coordinator has returned, after each outage', async () => {
    const peer = newPeer();
    const waited: number[] = [];
    let returnsAtMs = 0;
    await peer.reconnection.run(async () => {
      if (peer.nowMs < returnsAtMs) throw unreachable();
      waited.push(peer.nowMs - returnsAtMs);
      peer.reconnection.welcomed(8_000);
      if (waited.length > 20) return null;
      peer.spend(hour);
      returnsAtMs = peer.nowMs + 1_234_567;
      return 'the coordinator was stopped';
    });
    expect(Math.max(...waited.slice(1))).toBeLessThanOrEqual(2_000);
    expect(peer.lines.filter((line) => line.startsWith('warn'))).toHaveLength(20);
  });

  test('counts streams that close before the welcome as the same outage', async () => {
    const peer = newPeer({ firstWaitMs: 60_000 });
    const running = peer.reconnection.run(async () => 'the coordinator cannot store anything');
    await expect(running).rejects.toThrow('cannot store anything');
    expect(peer.lines).toHaveLength(1);
  });

  test('has delays that grow to 5 s, with random jitter of a half', async () => {
    for (const random of [0, 1]) {
      const peer = newPeer({ random });
      const running = peer.reconnection.run(async () => await Promise.reject(unreachable()));
      await expect(running).rejects.toThrow();
      const share = 0.5 + random / 2;
      const full = [200, 400, 800, 1_600, 3_200, 5_000, 5_000];
      expect(peer.pauses.slice(0, 7)).toEqual(full.map((ms) => ms * share));
    }
  });

  test('does not try again after an error that another attempt cannot mend', async () => {
    const peer = newPeer();
    const refused = new RidgelineError('TOKEN_REFUSED', 'The token was revoked.', 'Ask for one.');
    const running = peer.reconnection.run(async () => await Promise.reject(refused));
    await expect(running).rejects.toBe(refused);
    expect(peer.pauses).toEqual([]);
  });

  test('ends without an error when it is stopped', async () => {
    const peer = newPeer();
    await peer.reconnection.run(async () => {
      peer.stop.abort();
      throw unreachable();
    });
    expect(peer.lines).toEqual([]);
  });
});
