/** `ridgeline token` against a running coordinator. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, start } from './support/processes.ts';

test('a token is created, listed, used and revoked; a worker is drained, and another is disconnected', async () => {
  const dir = scratchDir();
  const at = ['--state', join(dir, 'state')];
  const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', ...at]);
  await coordinator.prints(/ridgeline worker --join/);
  const made = await ridgeline(['token', 'new', '--expires', '2h', ...at]);
  expect(made.stdout).toMatch(/^ridgeline:1:127\.0\.0\.1:\d+:\S{43}:[0-9a-f]{12}:\S{43}\n$/);
  expect(made.stderr).toContain('anyone with this line can join as a worker;');
  const viewer = await ridgeline(['token', 'new', '--role', 'viewer', ...at]);
  expect(viewer.stderr).toContain('can see the studies and workers;');
  const id = /token revoke ([0-9a-f]{12})/.exec(made.stderr)![1]!;
  const none = await ridgeline(['workers', ...at]);
  expect(none.stderr).toContain(`ridgeline worker --join @${join(dir, 'state', 'worker.join')}`);
  const worker = start(['worker', '--join', '-', '--cache', join(dir, 'cache')], {
    input: made.stdout,
  });
  const drained = start(
    ['worker', '--join', '-', '--name', 'vm-2', '--cache', join(dir, 'cache')],
    { input: made.stdout },
  );
  await Promise.all([worker.prints(/joined/), drained.prints(/joined/)]);
  const drain = await ridgeline(['drain', 'vm-2', ...at]);
  expect([drain.code, drain.stderr]).toEqual([0, 'vm-2 finishes its running trials and leaves\n']);
  expect((await drained.finished).code).toBe(0);
  const listed = await ridgeline(['token', 'list', ...at]);
  expect(listed.stdout).toMatch(new RegExp(`^${id}\tworker\tuntil 20\\d\\d-`, 'm'));
  expect(listed.stdout).toMatch(/^[0-9a-f]{12}\tadmin\tuntil revoked$/m);
  const revoked = await ridgeline(['token', 'revoke', id, ...at]);
  expect([revoked.code, revoked.stdout]).toEqual([0, '']);
  expect(revoked.stderr).toContain(`token ${id} is revoked`);
  const cut = await worker.finished;
  expect(cut.code).toBe(5);
  expect(cut.stderr).toContain(`Token ${id} was revoked`);
  const again = await ridgeline(['token', 'revoke', id, ...at]);
  expect(again.code).toBe(2);
});
