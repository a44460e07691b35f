/** Worker node without a coordinator. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { describeTrainer } from '../../src/trainers/registry.ts';
import { chooseKernel } from '../../src/trainers/two-layer/kernel-file.ts';
import { nothingAllowed } from '../../src/worker/command/allowance.ts';
import { WorkerNode } from '../../src/worker/worker-node.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';

async function optionsIn(cacheDir: string) {
  return {
    name: 'alone',
    threads: 1,
    packMax: 1,
    trainer: await chooseKernel('portable', []),
    describeTrainer,
    cacheDir,
    commands: {
      allowance: nothingAllowed,
      slots: 1,
      memory: 0,
      devices: [],
      directory: cacheDir,
      own: {},
      passed: [],
      processors: 1,
    },
    stateMax: 0,
    version: 'test',
    firstWaitMs: 1_000,
    waitMs: 1_000,
    endWallMs: null,
  };
}

test('a worker that waits for its join string ends when it is stopped', async () => {
  using directory = temporaryDirectory();
  await using node = await WorkerNode.start({
    ...(await optionsIn(directory.path)),
    join: async () => await new Promise<never>(() => undefined),
    log: pino({ level: 'silent' }),
  });
  const ended = node.run();
  node.drain('a signal');
  await expect(ended).resolves.toBeTypeOf('string');
});
