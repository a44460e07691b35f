/** Uploads of states to a real server, over TLS on loopback. */
import { expect, test } from 'vitest';
import { statePartBytes, type StatePart } from '../../../src/rpc/messages/state-messages.ts';
import { connectWorker } from '../support/session-talk.ts';
import { rejection } from '../support/state-directory.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

const part: StatePart = {
  session: 's',
  pack: 'p',
  key: { study: 'first', trial: { stage: 'coarse', index: 1, replicate: 1 }, attempt: 2 },
  digest: 'a'.repeat(64),
  bytes: 5_000_000_000,
  offset: 4_000_000_000,
  chunk: Buffer.alloc(statePartBytes, 7),
};

test('a part of a state arrives with the token of its worker, and the answer says whether more is wanted', async () => {
  const received: [StatePart, string][] = [];
  const uploadState = async (...args: [StatePart, string]): Promise<boolean> => {
    received.push(args);
    return received.length === 1;
  };
  await using coordinator = await TestCoordinator.start({ cluster: { uploadState } });
  const worker = await connectWorker(coordinator.join.worker);
  expect(await worker.uploadState(part)).toBe(true);
  expect(await worker.uploadState(part)).toBe(false);
  expect(received[0]).toEqual([part, expect.any(String)]);
  worker.close();
});

test('a part that is too long, or whose digest is no digest, is refused', async () => {
  await using coordinator = await TestCoordinator.start();
  const worker = await connectWorker(coordinator.join.worker);
  const long = { ...part, chunk: Buffer.alloc(statePartBytes + 1) };
  for (const bad of [long, { ...part, digest: 'x' }, { ...part, chunk: Buffer.alloc(0) }])
    expect(await rejection(worker.uploadState(bad))).toMatchObject({ code: 'VERSION_MISMATCH' });
  worker.close();
});
