/** Worker node without a coordinator. */
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { describeTrainer } from '../../src/trainers/registry.ts';
import { chooseKernel } from '../../src/trainers/two-layer/kernel-file.ts';
import { WorkerNode } from '../../src/worker/worker-node.ts';
import { temporaryDirectory } from '../store/support/temporary-directory.ts';

async function optionsIn(cacheDir: string) {
  return {
    // Port 1 is closed.
    join: { address: '127.0.0.1:1', caPin: 'A'.repeat(43), tokenId: '0'.repeat(12), secret: '' },
    name: 'alone',
    threads: 1,
    packMax: 1,
    trainer: await chooseKernel('portable', []),
    describeTrainer,
    cacheDir,
    version: 'test',
    waitMs: 1_000,
    graceMs: 0,
  };
}

test('a worker that waits for its join string ends when it is stopped', async () => {
  using directory = temporaryDirectory();
  await using node = await WorkerNode.start({
    ...(await optionsIn(directory.path)),
    join: new Promise(() => undefined),
    log: pino({ level: 'silent' }),
  });
  const ended = node.run();
  node.drain('a signal');
  await expect(ended).resolves.toBeTypeOf('string');
});

test('a worker without a coordinator logs repeated failures to connect once, and ends when its wait is over', async () => {
  using directory = temporaryDirectory();
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  await using node = await WorkerNode.start({ ...(await optionsIn(directory.path)), log });
  await expect(node.run()).rejects.toMatchObject({ code: 'COORDINATOR_UNREACHABLE' });
  expect(lines.filter((line) => line.includes('Trying again'))).toHaveLength(1);
});
