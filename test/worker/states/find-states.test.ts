/** State search: kept states first, then uploaded ones; a failure costs time only. */
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/digest.ts';
import { findStates } from '../../../src/worker/states/find-states.ts';
import { encodeUpload } from '../../../src/worker/states/upload-content.ts';
import { rungAssignment, stateDigest } from './support/rung-assignment.ts';

const state = { bytes: new Uint8Array(10).fill(3), seconds: 70 };
const content = encodeUpload(state);
const rung = { step: 20, digest: stateDigest };
const fingerprint = 'f'.repeat(64);

function offered(digest: string) {
  const assignment = rungAssignment(0.1, rung);
  const members = assignment.members.map((one) => ({ ...one, state: { digest, fingerprint } }));
  return { ...assignment, members };
}

const none = { get: async () => null };
const fetch = (bytes: Uint8Array | null) =>
  async function* (): AsyncGenerator<Uint8Array> {
    if (bytes === null) throw new Error('the connection is broken');
    yield bytes;
  };

test('a state that was uploaded is fetched, and is verified by the trainer', async () => {
  const assignment = offered(sha256(content));
  expect(await findStates(assignment, none, fetch(content), [])).toEqual({
    states: [
      { step: 20, bytes: state.bytes, expected: { digest: stateDigest, fingerprint, metrics: [] } },
    ],
    seconds: [70],
  });
});

test('a state that the worker has kept is used without a download', async () => {
  const kept = { get: async () => state };
  expect(await findStates(offered(sha256(content)), kept, fetch(null), [])).toEqual({
    states: [{ step: 20, bytes: state.bytes }],
    seconds: [70],
  });
});

test.each([
  ['has another digest', content.subarray(1)],
  ['cannot be fetched', null],
])('a pack begins with the first step if a state %s', async (_, bytes) => {
  expect(await findStates(offered(sha256(content)), none, fetch(bytes), [])).toBeNull();
});

test('content that is no state is not used', async () => {
  const other = Buffer.from('no state\n');
  expect(await findStates(offered(sha256(other)), none, fetch(other), [])).toBeNull();
});
