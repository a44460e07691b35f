/** The local launcher passes the conformance suite of its port with real processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { LocalLauncher } from '../../src/launch/local.ts';
import { launcherConformance } from '../conformance/launcher.ts';

const program = fileURLToPath(new URL('support/worker-program.mjs', import.meta.url));

launcherConformance('local launcher', async ({ fails }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ridgeline-launch-'));
  const starts = join(folder, 'starts');
  const startedPids = (): number[] =>
    existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n').map(Number) : [];
  const launcher = new LocalLauncher({
    program,
    joinText: Promise.resolve('a join string'),
    workerArguments: [starts, fails ? 'fails' : 'runs'],
    log: { warn: () => undefined, error: () => undefined },
  });
  return {
    launcher,
    started: async (count) => {
      await vi.waitFor(() => expect(startedPids()).toHaveLength(count), {
        timeout: 600_000,
        interval: 20,
      });
    },
    exitOne: () => process.kill(startedPids()[0]!, 'SIGKILL'),
    exitLast: () => process.kill(startedPids().at(-1)!, 'SIGKILL'),
    name: 'local-1',
    [Symbol.asyncDispose]: async () => {
      launcher.stop('kill');
      await launcher.ended;
      rmSync(folder, { recursive: true });
    },
  };
});

test('local workers start before the join string is known, and receive it later', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ridgeline-launch-'));
  const starts = join(folder, 'starts');
  const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const { promise, resolve } = Promise.withResolvers<string>();
  const launcher = new LocalLauncher({
    program,
    joinText: promise,
    workerArguments: [starts, 'runs'],
    log: { warn: () => undefined, error: () => undefined },
  });
  try {
    launcher.start(1);
    await vi.waitFor(() => expect(read(starts)).not.toBe(''), { timeout: 600_000, interval: 20 });
    expect(read(`${starts}-joined`)).toBe('');
    resolve('a join string');
    await vi.waitFor(() => expect(read(`${starts}-joined`)).toBe('a join string\n'), {
      timeout: 600_000,
      interval: 20,
    });
  } finally {
    launcher.stop('kill');
    await launcher.ended;
    rmSync(folder, { recursive: true });
  }
});
