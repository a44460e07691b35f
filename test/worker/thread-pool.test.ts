import { afterAll, describe, expect, test } from 'vitest';
import { chooseKernel } from '../../src/trainers/two-layer/kernel-file.ts';
import { nativeKernelFolder } from '../../src/trainers/two-layer/native-kernel-file.ts';
import { ThreadPool, type PackEnd } from '../../src/worker/thread-pool.ts';
import { TrainingPool, type TrainingRequest } from '../../src/worker/training-pool.ts';
import { portableKernel } from '../trainers/two-layer/support/portable-kernel.ts';
import {
  plainSettings,
  randomImages,
  splitImages,
} from '../trainers/two-layer/support/synthetic-images.ts';
import { trainPack } from '../trainers/two-layer/support/train-pack.ts';

const shape = { channels: 3, height: 8, width: 8, classes: 10 };
const images = splitImages(randomImages(21, 130, shape), 90, 40);
const settings = { ...plainSettings, hidden: 50, batch: 30, dropout: 0.1 };
const packs = [[1e-3], [1e-9, 1e-3, 0.1], [0.1, 1e-3], [1e-9]];
const request = { seed: 3, replicate: 1, settings, measureTest: false };
const packRequest = (lambdas: readonly number[]): TrainingRequest => ({
  ...request,
  params: lambdas.map((lambda) => ({ lambda })),
  data: images,
});

const digests = (results: readonly { readonly kind: string; readonly digest?: string }[]) =>
  results.map(({ digest }) => digest);
const reportedDigests = (end: PackEnd) =>
  end.kind === 'ended' ? digests(end.results) : end.reason;
const expected = packs.map((lambdas) =>
  digests(trainPack(portableKernel, { ...request, lambdas }, images)),
);

describe.each(['portable-plain', 'portable', 'auto'] as const)(
  'threads with the %s kernel',
  (choice) => {
    const kernels = chooseKernel(choice, [nativeKernelFolder]);
    const pools: ThreadPool[] = [];
    afterAll(async () => {
      for (const pool of pools) await pool[Symbol.asyncDispose]();
    });

    test.each([1, 3])('a pool of %i gives the digests of the main thread', async (threads) => {
      const pool = new ThreadPool(new TrainingPool(threads, await kernels));
      pools.push(pool);
      const train = (lambdas: number[], index: number) =>
        pool.train(`pack-${index}`, packRequest(lambdas), () => undefined);
      const results = [];
      // A worker never receives more packs than it has threads.
      for (let first = 0; first < packs.length; first += threads) {
        const round = packs.slice(first, first + threads);
        results.push(...(await Promise.all(round.map((pack, i) => train(pack, first + i)))));
      }
      expect(results.map(reportedDigests)).toEqual(expected);
    });
  },
);

test('a pack that waits for its data is stopped at once, and its thread is free', async () => {
  await using pool = new ThreadPool(new TrainingPool(1, await chooseKernel('portable', [])));
  const data = Promise.withResolvers<TrainingRequest>();
  const waiting = pool.train('waiting', data.promise, () => undefined);
  expect(pool.progress()).toEqual(new Map([['waiting', 0]]));
  pool.stop('waiting', 'cancelled');
  expect(await waiting).toEqual({ kind: 'stopped', reason: 'cancelled' });
  expect(pool.progress().size).toBe(0);
  data.resolve(packRequest(packs[0]!));
  const next = await pool.train('next', packRequest(packs[1]!), () => undefined);
  expect(reportedDigests(next)).toEqual(expected[1]);
});

test('a pack whose data cannot be loaded is stopped, not crashed', async () => {
  await using pool = new ThreadPool(new TrainingPool(1, await chooseKernel('portable', [])));
  const nowhere = Promise.reject<TrainingRequest>(new Error('the coordinator is gone'));
  expect(await pool.train('pack', nowhere, () => undefined)).toEqual({
    kind: 'stopped',
    reason: 'the coordinator is gone',
  });
  expect(pool.progress().size).toBe(0);
});

test('a pack whose thread cannot load its kernel is stopped, not crashed, and the pool serves the next one', async () => {
  const missing = { kind: 'native', path: '/nowhere/kernel.node', width: 'avx2' } as const;
  await using pool = new ThreadPool(
    new TrainingPool(1, { ...missing, name: 'native avx2', isTested: true }),
  );
  for (const name of ['first', 'second']) {
    const end = await pool.train(name, packRequest(packs[0]!), () => undefined);
    expect(end).toMatchObject({
      kind: 'stopped',
      reason: expect.stringMatching(/^A training thread cannot start: .*kernel\.node/),
    });
  }
});
