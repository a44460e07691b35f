/** `ridgeline token` against a running coordinator. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ridgeline, scratchDir, start } from './support/processes.ts';

test('a token is created, listed, used and revoked; its worker is disconnected', async () => {
  const dir = scratchDir();
  const at = ['--state', join(dir, 'state')];
  const coordinator = start(['coordinator', '--listen', '127.0.0.1:0', ...at]);
  await coordinator.prints(/ridgeline worker --join/);
  const made = await ridgeline(['token', 'new', '--expires', '2h', ...at]);
  expect(made.stdout).toMatch(/^ridgeline:1:127\.0\.0\.1:\d+:\S{43}:[0-9a-f]{12}:\S{43}\n$/);
  const id = /token revoke ([0-9a-f]{12})/.exec(made.stderr)![1]!;
  const worker = start(['worker', '--join', '-', '--cache', join(dir, 'cache')], {
    input: made.stdout,
  });
  await worker.prints(/joined/);
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
