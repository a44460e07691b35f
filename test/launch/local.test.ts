/** The local launcher passes the conformance suite of its port with real processes. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
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
    joinText: 'a join string',
    workerArguments: [starts, fails ? 'fails' : 'runs'],
    log: { warn: () => undefined, error: () => undefined },
  });
  return {
    launcher,
    started: async (count) => {
      await vi.waitFor(() => expect(startedPids()).toHaveLength(count), {
        timeout: 20_000,
        interval: 20,
      });
    },
    exitOne: () => process.kill(startedPids()[0]!, 'SIGKILL'),
    [Symbol.asyncDispose]: async () => {
      launcher.stop('kill');
      await launcher.ended;
      rmSync(folder, { recursive: true });
    },
  };
});
