/** `ridgeline stop`: ends a running coordinator, with or without its workers. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { countText } from '../../report/text/number-format.ts';
import type { ControlClient } from '../../rpc/client/control-client.ts';
import { isStateLocked } from '../../store/sqlite/lock.ts';
import { addControlCommand, withControl } from '../cluster/control.ts';
import { stateDirectory, type Context } from '../process/context.ts';

interface StopFlags {
  readonly drain?: boolean;
}

const askAgainMs = 500;

export function addStopCommand(program: Command, context: Context): void {
  const summary = 'ends a running coordinator; the next start resumes its studies';
  addControlCommand(program, 'stop', summary, 'ridgeline stop --drain')
    .option('--drain', 'first let the workers finish their running trials and leave')
    .action(async ({ drain = false }: StopFlags) => {
      await withControl(context, async (client) => {
        if (drain) await drainWorkers(client, context);
        await client.stopCoordinator();
      });
      if (context.flags.coordinator === undefined) await ended(stateDirectory(context));
      const workers = drain
        ? ''
        : '; workers that it did not start keep training and wait for its next start';
      context.stderr.write(`the coordinator has ended; finished trials are stored${workers}\n`);
    });
}

/** Resolves when every worker has left or is lost. */
async function drainWorkers(client: ControlClient, { stderr }: Context): Promise<void> {
  const asked = await client.drainWorker(null, 'asked by `ridgeline stop --drain`');
  if (asked > 0)
    stderr.write(`waiting for ${countText(asked, 'worker')} to finish running trials\n`);
  while ((await client.listWorkers()).some(({ state }) => state !== 'lost'))
    await delay(askAgainMs);
}

/** Resolves when no process has the state directory. */
async function ended(stateDir: string): Promise<void> {
  while (isStateLocked(stateDir)) await delay(askAgainMs / 5);
}
