/** A worker trusts its coordinator no further than the rules of the protocol go. */
import { expect, test } from 'vitest';
import type { Assignment, CoordinatorMessage } from '../../../src/rpc/messages/messages.ts';
import { connectSession } from '../../../src/rpc/client/session-client.ts';
import { closedError } from '../support/session-talk.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const member = (k: number): Assignment['members'][number] => ({
  key: { study: 's', trial: { stage: 'coarse', index: k, replicate: 1 }, attempt: 1 },
  lambda: 1e-3,
});
const assignment: Assignment = {
  pack: 'p',
  study: 's',
  seed: 1,
  replicate: 1,
  settings: {
    hidden: 50,
    batch: 100,
    learningRate: { min: 1e-5, max: 0.1, stepSize: 500 },
    length: { kind: 'cycles', cycles: 2 },
    measure: { kind: 'cycle' },
    dropout: 0,
    mirror: false,
    shift: 0,
  },
  dataset: 'd',
  kind: 'search',
  measureTest: false,
  members: [member(1)],
};
const settings = (change: Partial<Assignment['settings']>): CoordinatorMessage =>
  assign({ settings: { ...assignment.settings, ...change } });
const assign = (change: Partial<Assignment>): CoordinatorMessage => ({
  kind: 'assign',
  assignment: { ...assignment, ...change },
});
const welcome = {
  kind: 'welcome',
  name: 'node-1',
  leaseMs: 1_000,
  heartbeatMs: 100,
  version: '1',
  selfTestDigest: 'ab'.repeat(32),
} as const;

test.each<[string, CoordinatorMessage, RegExp]>([
  [
    'nine trials in a pack',
    assign({ members: Array.from({ length: 9 }, (_, i) => member(i + 1)) }),
    /members/,
  ],
  ['no trial in a pack', assign({ members: [] }), /members/],
  ['a λ that is not a number', assign({ members: [{ ...member(1), lambda: NaN }] }), /lambda/],
  ['a negative λ', assign({ members: [{ ...member(1), lambda: -1 }] }), /lambda/],
  ['trials of two studies', assign({ study: 'other' }), /another study/],
  ['a network beyond all memory', settings({ hidden: 1_000_000_000 }), /hidden/],
  ['a batch beyond all memory', settings({ batch: 1_000_000_000 }), /batch/],
  [
    'a rate that is infinite',
    settings({ learningRate: { min: 0, max: Infinity, stepSize: 1 } }),
    /learning_rate/,
  ],
  ['a pack whose name moves the cursor', assign({ pack: '\u001b[2J' }), /control character/],
  ['heartbeats without a pause', { ...welcome, heartbeatMs: 0 }, /heartbeat_ms/],
  ['a lease of years', { ...welcome, leaseMs: 2 ** 31 }, /lease_ms/],
  [
    'a data set of a thousand and twenty-five parts',
    {
      kind: 'prepare',
      dataset: 'd',
      reference: {
        parts: Array.from({ length: 1_025 }, (_, i) => ({
          name: `p${i}`,
          digest: 'ab'.repeat(32),
          bytes: 1,
          count: 1,
        })),
        seed: 1,
        train: { kind: 'count', count: 1 },
        validation: { kind: 'count', count: 1 },
        test: null,
      },
    },
    /parts/,
  ],
])('%s is refused, and the connection ended', async (_, message, reason) => {
  await using coordinator = await TestCoordinator.start();
  const worker = await connectSession(coordinator.join.worker, {});
  const heard: string[] = [];
  worker.onMessage(({ kind }) => heard.push(kind));
  const closed = closedError(worker);
  (await coordinator.nextStream()).send(message);
  const error = await closed;
  expect(error).toMatchObject({ code: 'VERSION_MISMATCH' });
  expect(error?.message).toMatch(reason);
  expect(heard).toEqual([]);
});
