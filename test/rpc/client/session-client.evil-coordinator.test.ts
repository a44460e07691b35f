/** A worker rejects malformed messages of its coordinator. */
import { expect, test } from 'vitest';
import type { Assignment, CoordinatorMessage } from '../../../src/rpc/messages/messages.ts';
import { plainTrainer } from '../../study/support/example-study.ts';
import { closedError, connectWorker } from '../support/session-talk.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const member = (index: number): Assignment['members'][number] => ({
  key: { study: 's', trial: { stage: 'coarse', index, replicate: 1 }, attempt: 1 },
  params: { lambda: 1e-3 },
  rung: null,
  state: null,
});
const assignment: Assignment = {
  pack: 'p',
  study: 's',
  seed: 1,
  replicate: 1,
  settings: plainTrainer,
  dataset: 'd',
  kind: 'search',
  measureTest: false,
  toStep: 0,
  members: [member(1)],
};
const settings = (change: Partial<Assignment['settings']>): CoordinatorMessage =>
  assign({ settings: { ...assignment.settings, ...change } });
const assign = (change: Partial<Assignment>): CoordinatorMessage => ({
  kind: 'assign',
  assignment: { ...assignment, ...change },
});
const withParams = (params: Assignment['members'][number]['params']): CoordinatorMessage =>
  assign({ members: [{ ...member(1), params }] });
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
  ['a parameter that is not finite', withParams({ lambda: NaN }), /params.lambda/],
  ['a parameter of 1,025 characters', withParams({ a: 'x'.repeat(1_025) }), /params.a/],
  ['a parameter with a control character in its name', withParams({ 'a\u001b': 1 }), /control/],
  [
    'a trial with 65 parameters',
    withParams(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`p${i}`, i]))),
    /65 entries/,
  ],
  [
    'a parameter above its bound',
    withParams({ lambda: 1_000_001 }),
    /lambda is 1000001, but must be from 0 to/,
  ],
  ['a parameter below its bound', withParams({ lambda: -1e-9 }), /params.lambda is -1e-9/],
  ['a parameter as text', withParams({ lambda: '0.1' }), /params.lambda must be a number/],
  ['a trial without its parameter', withParams({}), /params.lambda is missing/],
  ['an unknown parameter', withParams({ lambda: 1, depth: 3 }), /params.depth is not a parameter/],
  ['an unknown trainer', settings({ name: 'quantum' }), /settings: .*quantum/],
  ['an unknown setting', settings({ depth: 3 }), /settings: .*depth/],
  ['trials of two studies', assign({ study: 'other' }), /different studies/],
  ['a network that exceeds all memory', settings({ hidden: 1_000_000_000 }), /hidden/],
  ['a batch that exceeds all memory', settings({ batch: 1_000_000_000 }), /batch/],
  [
    'a learning rate beyond its bound',
    settings({ learningRate: { ...plainTrainer.learningRate, max: 2e3 } }),
    /learning_rate/,
  ],
  ['a pack whose name has a control character', assign({ pack: '\u001b[2J' }), /control character/],
  ['heartbeats without an interval', { ...welcome, heartbeatMs: 0 }, /heartbeat_ms/],
  ['a lease of more than a day', { ...welcome, leaseMs: 2 ** 31 }, /lease_ms/],
  [
    'a data set of 1,025 shards',
    {
      kind: 'prepare',
      dataset: 'd',
      reference: {
        shards: Array.from({ length: 1_025 }, (_, i) => ({
          name: `p${i}`,
          digest: 'ab'.repeat(32),
          bytes: 1,
          count: 1,
        })),
        seed: 1,
        train: { count: 1 },
        validation: { count: 1 },
        test: null,
        stratify: false,
      },
    },
    /shards/,
  ],
])('a worker closes the connection if the coordinator sends %s', async (_, message, reason) => {
  await using coordinator = await TestCoordinator.start();
  const worker = await connectWorker(coordinator.join.worker);
  const heard: string[] = [];
  worker.onMessage(({ kind }) => heard.push(kind));
  const closed = closedError(worker);
  (await coordinator.nextStream()).send(message);
  const error = await closed;
  expect(error).toMatchObject({ code: 'VERSION_MISMATCH' });
  expect(error?.message).toMatch(reason);
  expect(heard).toEqual([]);
});
