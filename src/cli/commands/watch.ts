/** `ridgeline watch`: follows a study on a running coordinator, redrawn in a terminal, as lines elsewhere. */
import type { Command } from 'commander';
import { watchLine } from '../../report/files/watch-line.ts';
import { liveLines } from '../../report/terminal/live-lines.ts';
import { presentStage, type ShownStatus } from '../../study/summaries.ts';
import { addControlCommand, withControl } from '../cluster/control.ts';
import { Throughput } from '../cluster/throughput.ts';
import type { Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { choice } from '../process/options.ts';
import { exitCodeOf } from '../process/report-error.ts';
import { textOptions } from '../process/terminal.ts';
import { runThen, thenOption, type ThenFlags } from '../process/then-command.ts';

export function addWatchCommand(program: Command, context: Context): void {
  const summary = 'follows a study on a running coordinator until it ends';
  addControlCommand(program, 'watch', summary, 'ridgeline watch coarse-to-fine')
    .argument('<study>', 'study name')
    .addOption(choice('--format <format>', 'jsonl: one line on stdout per change', ['jsonl']))
    .option(...thenOption)
    .action(async (study: string, flags: ThenFlags & { readonly format?: string }) => {
      let last: ShownStatus | null = null;
      let code: number = exitCode.done;
      const end = async (): Promise<void> =>
        context.finish(await runThen(flags, study, code, context, async () => last));
      const watch = withControl(context, async (client) => {
        const show = flags.format === undefined ? await display(context) : null;
        const throughput = new Throughput();
        for await (const snapshot of client.watch(study)) {
          const { progress, workers } = snapshot;
          if (show === null) context.stdout.write(watchLine(snapshot));
          const { stage, status } = progress;
          const nowMs = performance.now();
          const pace = throughput.stage(stage, presentStage(progress)?.done ?? 0, nowMs);
          const rated = workers.map((worker) => ({
            ...worker,
            trialsPerMinute: throughput.worker(worker.name, worker.trialsCompleted, nowMs),
          }));
          const state = { ...progress, workers: rated, objective: null, pace };
          show?.(liveLines(state, textOptions(context, context.stderr)));
          last = status;
          if (status === 'failed' || status === 'cancelled') code = exitCode.failed;
        }
      });
      try {
        await watch;
      } catch (error) {
        code = exitCodeOf(error);
        await end();
        throw error;
      }
      await end();
    });
}

/** The last state stays on the screen. */
async function display({ stderr, env }: Context): Promise<(lines: readonly string[]) => void> {
  const isRedrawn = stderr.isTTY && env['TERM'] !== 'dumb';
  if (!isRedrawn) return (lines) => void stderr.write(`${lines.join('  |  ')}\n`);
  // Loaded here, since other commands of the cluster draw nothing.
  const { createLogUpdate } = await import('log-update');
  const region = createLogUpdate(stderr, { showCursor: true });
  return (lines) => region(lines.join('\n'));
}
