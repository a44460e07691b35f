/** Questions before something is removed or ended, in a terminal. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../../src/cli/process/confirm.ts';
import type { Context } from '../../../src/cli/process/context.ts';

async function answered(keys: string): Promise<boolean> {
  const terminal = () => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stderr] = [terminal(), terminal()];
  stdin.write(keys);
  return await confirm('Delete it?', {}, { stdin, stderr } as unknown as Context);
}

test('y and yes confirm a question; an empty line and Ctrl-C do not', async () => {
  expect(await answered('y\n')).toBe(true);
  expect(await answered('yes\n')).toBe(true);
  expect(await answered('\n')).toBe(false);
  expect(await answered('\x03')).toBe(false);
});
