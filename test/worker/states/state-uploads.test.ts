/** State uploads: which states a worker sends, and in which parts. */
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { statePartBytes, type StatePart } from '../../../src/rpc/messages/state-messages.ts';
import { statesLeft } from '../../../src/worker/states/state-keys.ts';
import { StateUploads } from '../../../src/worker/states/state-uploads.ts';
import { decodeUpload } from '../../../src/worker/states/upload-content.ts';
import { rungAssignment, rungResult, stateDigest as digest } from './support/rung-assignment.ts';

const assignment = rungAssignment(0.1, null);
const bytes = new Uint8Array(statePartBytes + 10).fill(7);
const left = statesLeft(assignment, [[{ step: 20, digest, state: bytes }]], [rungResult(90)]);
const key = assignment.members[0]!.key;

function uploads(wanted: (part: StatePart) => boolean = () => true) {
  const parts: StatePart[] = [];
  const sender = new StateUploads('session', async (part) => {
    parts.push(part);
    return wanted(part);
  });
  return { sender, parts };
}

test('the state of a long training is sent in parts once its result is accepted', async () => {
  const { sender, parts } = uploads();
  sender.offer(assignment, left, 60_000);
  expect(parts).toEqual([]);
  sender.answered(key, 'accepted');
  await sender.settled();
  const content = Buffer.concat(parts.map(({ chunk }) => chunk));
  expect(decodeUpload(content)).toEqual({ bytes, seconds: 90 });
  expect(parts.map(({ offset, chunk }) => [offset, chunk.length])).toEqual([
    [0, statePartBytes],
    [statePartBytes, content.length - statePartBytes],
  ]);
  const whole = { session: 'session', pack: 'p', key, digest: sha256(content) };
  for (const part of parts) expect(part).toMatchObject({ ...whole, bytes: content.length });
});

test.each([
  ['a training that took less than a minute', assignment, 59_999, 'accepted'],
  ['an audit', rungAssignment(0.1, null, { kind: 'audit' }), 90_000, 'accepted'],
  ['a result that was not accepted', assignment, 90_000, 'cancelled'],
] as const)('the state of %s is not sent', async (_, given, tookMs, answer) => {
  const { sender, parts } = uploads();
  sender.offer(given, left, tookMs);
  sender.answered(key, answer);
  await sender.settled();
  expect(parts).toEqual([]);
});

test('a state that is not wanted, or whose connection breaks, is not sent further', async () => {
  const refused = uploads(() => false);
  const broken = uploads(() => {
    throw new Error('the connection is broken');
  });
  for (const { sender, parts } of [refused, broken]) {
    sender.offer(assignment, left, 60_000);
    sender.answered(key, 'accepted');
    await sender.settled();
    expect(parts).toHaveLength(1);
  }
});
