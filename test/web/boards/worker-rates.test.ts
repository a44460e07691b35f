/** Trials per minute, with a simulated clock. */
import { expect, test } from 'vitest';
import { WorkerRates } from '../../../src/web/boards/worker-rates.ts';

test('a steady worker has a rate after five seconds, over the last three minutes', () => {
  const rates = new WorkerRates();
  for (let ms = 0; ms < 600_000; ms += 500) {
    rates.completed('steady', ms);
    const rate = rates.perMinute('steady', ms);
    if (ms < 5_000) expect(rate).toBeNull();
    else expect(rate).toBeGreaterThan(115);
    if (ms >= 20_000) expect(rate).toBeLessThan(127);
  }
  expect(rates.perMinute('steady', 600_000 + 90_000)).toBeLessThan(70);
  expect(rates.perMinute('steady', 600_000 + 180_000)).toBeNull();
  expect(rates.perMinute('unknown', 0)).toBeNull();
});

test('a hundred thousand trials within a window are counted', () => {
  const rates = new WorkerRates();
  for (let trial = 0; trial < 100_000; trial++) rates.completed('quick', trial);
  expect(rates.perMinute('quick', 100_000)).toBeCloseTo(60_000, 6);
});
