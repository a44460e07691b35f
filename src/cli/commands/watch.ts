/** `ridgeline watch`: follows a study on a running coordinator, redrawn in a terminal, as lines elsewhere. */
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { liveLines, type LiveState } from '../../report/terminal/live-lines.ts';
import { addControlCommand, withControl, type ControlFlags } from '../cluster/control.ts';
import { Throughput } from '../cluster/throughput.ts';
import type { Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { textOptions } from '../process/terminal.ts';

export function addWatchCommand(program: Command, context: Context): void {
  const summary = 'follows a study on a running coordinator until it ends';
  addControlCommand(program, 'watch', summary, 'ridgeline watch coarse-to-fine')
    .argument('<study>', 'study name')
    .action(async (study: string, flags: ControlFlags) => {
      await withControl(context, flags, async (client) => {
        const show = display(context, flags);
        const throughput = new Throughput();
        for await (const { progress, workers } of client.watch(study)) {
          const { stage, done, status } = progress;
          const pace = throughput.stage(stage, done, performance.now());
          show({ ...progress, workers, objective: null, pace });
          if (status === 'failed' || status === 'cancelled') context.finish(exitCode.failed);
        }
      });
    });
}

/** The last state stays on the screen. */
function display(context: Context, flags: ControlFlags): (state: LiveState) => void {
  const { stderr } = context;
  const isRedrawn = stderr.isTTY && context.env['TERM'] !== 'dumb';
  const region = isRedrawn ? createLogUpdate(stderr, { showCursor: true }) : null;
  return (state) => {
    const lines = liveLines(state, textOptions(context, flags, stderr));
    if (region === null) stderr.write(`${lines.join('  |  ')}\n`);
    else region(lines.join('\n'));
  };
}
