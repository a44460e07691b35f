import { afterAll, describe, expect, test } from 'vitest';
import { trainPack } from '../../src/trainers/two-layer/train-pack.ts';
import { chooseKernel } from '../../src/trainers/two-layer/kernel-file.ts';
import { nativeKernelFolder } from '../../src/trainers/two-layer/native-kernel-file.ts';
import { ThreadPool, type PackEnd, type TrainRequest } from '../../src/worker/thread-pool.ts';
import { portableKernel } from '../trainers/two-layer/support/portable-kernel.ts';
import {
  plainSettings,
  randomImages,
  splitImages,
} from '../trainers/two-layer/support/synthetic-images.ts';

const shape = { channels: 3, height: 8, width: 8, classes: 10 };
const images = splitImages(randomImages(21, 130, shape), 90, 40);
const settings = { ...plainSettings, hidden: 50, batch: 30, dropout: 0.1 };
const packs = [[1e-3], [1e-9, 1e-3, 0.1], [0.1, 1e-3], [1e-9]];
const request = { seed: 3, replicate: 1, settings, measureTest: false };

const digests = (results: readonly { readonly kind: string; readonly digest?: string }[]) =>
  results.map(({ digest }) => digest);
const digestsOf = (end: PackEnd) => (end.kind === 'ended' ? digests(end.results) : end.reason);
const expected = packs.map((lambdas) =>
  digests(trainPack(portableKernel, { ...request, lambdas }, images, { nowMs: () => 0 })),
);

describe.each(['portable', 'auto'] as const)('threads with the kernel %s', (choice) => {
  const kernels = chooseKernel(choice, [nativeKernelFolder]);
  const pools: ThreadPool[] = [];
  afterAll(async () => {
    for (const pool of pools) await pool[Symbol.asyncDispose]();
  });

  test.each([1, 3])('%i of them give the digests of this one', async (threads) => {
    const pool = new ThreadPool(threads, await kernels);
    pools.push(pool);
    const train = (lambdas: number[], index: number) =>
      pool.train(`pack-${index}`, { ...request, lambdas, data: images }, () => undefined);
    const results = [];
    // As a worker is granted packs: never more than there are threads.
    for (let first = 0; first < packs.length; first += threads) {
      const round = packs.slice(first, first + threads);
      results.push(...(await Promise.all(round.map((pack, i) => train(pack, first + i)))));
    }
    expect(results.map(digestsOf)).toEqual(expected);
  });
});

test('a pack that waits for its data is stopped at once, and its thread is free', async () => {
  await using pool = new ThreadPool(1, await chooseKernel('portable', []));
  const data = Promise.withResolvers<TrainRequest>();
  const waiting = pool.train('waiting', data.promise, () => undefined);
  expect(pool.progress()).toEqual(new Map([['waiting', 0]]));
  pool.stop('waiting', 'cancelled');
  expect(await waiting).toEqual({ kind: 'stopped', reason: 'cancelled' });
  expect(pool.progress().size).toBe(0);
  data.resolve({ ...request, lambdas: packs[0]!, data: images });
  const next = await pool.train(
    'next',
    { ...request, lambdas: packs[1]!, data: images },
    () => undefined,
  );
  expect(digestsOf(next)).toEqual(expected[1]);
});

test('a pack whose data cannot be had is given back, not said to have crashed', async () => {
  await using pool = new ThreadPool(1, await chooseKernel('portable', []));
  const nowhere = Promise.reject<TrainRequest>(new Error('the coordinator is gone'));
  expect(await pool.train('pack', nowhere, () => undefined)).toEqual({
    kind: 'stopped',
    reason: 'the coordinator is gone',
  });
  expect(pool.progress().size).toBe(0);
});
