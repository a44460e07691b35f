/** The output of `verify`. */
import { expect, test } from 'vitest';
import {
  verificationJson,
  verificationTable,
} from '../../../src/report/terminal/verification-text.ts';
import { completeResult } from '../../store/support/records.ts';

const stored = completeResult();
const recomputed = { ...stored, digest: 'd'.repeat(64) };
const verification = {
  study: 'first',
  styles: {},
  total: 9,
  trials: [
    {
      trial: 'coarse/1',
      params: { lambda: 0.01 },
      worker: 'w1',
      stored,
      recomputed: stored,
      differences: [],
    },
    {
      trial: 'fine/2',
      params: { lambda: 0.02 },
      worker: 'w2',
      stored,
      recomputed,
      differences: ['digest'],
    },
  ],
};

test('the table of a verification has a verdict for each trial and lists differences', () => {
  const options = { width: 80, color: (_: unknown, text: string) => text, unicode: false };
  const text = verificationTable(verification, options);
  expect(text).toMatch(/coarse\/1 .*cccccccc .*cccccccc .*w1 .*same/);
  expect(text).toMatch(/fine\/2 .*cccccccc .*dddddddd .*w2 .*differs/);
  expect(text).toMatch(/^fine\/2 differs in digest$/m);
  expect(text).toMatch(/^1 of 2 trials are the same to the last bit; the study has 9 results$/m);
});

test('the JSON of a verification has counts and differences', () => {
  expect(JSON.parse(verificationJson(verification))).toMatchObject({
    schema_version: 1,
    study: 'first',
    results: 9,
    verified: 2,
    mismatched: 1,
    trials: [
      { trial: 'coarse/1', same: true, differences: [] },
      { trial: 'fine/2', same: false, differences: ['digest'], recomputed_digest: 'd'.repeat(64) },
    ],
  });
});
