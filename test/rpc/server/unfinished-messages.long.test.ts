/** Many messages that are begun and not ended. */
import { expect, test } from 'vitest';
import { serverLimits } from '../../../src/rpc/server/server-limits.ts';
import { expectBounded, reading } from '../support/many-unfinished.ts';
import { TestCoordinator } from '../support/test-coordinator.ts';

test('the unfinished messages of 2,000 sessions of one token take no more memory than all may take', async () => {
  await using coordinator = await TestCoordinator.start({ cluster: reading });
  const before = process.memoryUsage().rss;
  await expectBounded(coordinator, 2_000, serverLimits.unfinishedBytes);
  // The sockets of the server, and buffers that are not collected yet.
  expect(process.memoryUsage().rss - before).toBeLessThan(1024 ** 3);
}, 600_000);
