/** `ridgeline watch`: follows a study on a running coordinator; a live region on a terminal, lines elsewhere. */
import type { Command } from 'commander';
import { createLogUpdate } from 'log-update';
import { liveLines, type LiveState } from '../../report/terminal/live-lines.ts';
import { isUnicode, paintFor, widthOf, type Context } from '../process/context.ts';
import { control, withControl, type ControlFlags } from '../cluster/control.ts';
import { exitCode } from '../process/exit-codes.ts';
import { Pace } from '../cluster/throughput.ts';

export function addWatchCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  control(
    program,
    'watch',
    'follows a study on a running coordinator until it ends',
    'ridgeline watch coarse-to-fine',
  )
    .argument('<study>', 'its name')
    .action(async (study: string, flags: ControlFlags) => {
      await withControl(context, flags, async (client) => {
        const show = display(context, flags);
        const pace = new Pace();
        for await (const { progress, workers } of client.watch(study)) {
          const seen = pace.ofStage(progress.stage, progress.done, performance.now());
          show({ ...progress, workers, objective: null, pace: seen });
          if (progress.status === 'failed' || progress.status === 'cancelled')
            finish(exitCode.failed);
        }
      });
    });
}

/** The last region stays: it is how the study stood when watching ended. */
function display(context: Context, flags: ControlFlags): (state: LiveState) => void {
  const { stderr } = context;
  const isLive = stderr.isTTY && context.env['TERM'] !== 'dumb';
  const region = isLive ? createLogUpdate(stderr, { showCursor: true }) : null;
  return (state) => {
    const lines = liveLines(state, {
      width: widthOf(context, stderr),
      color: paintFor(context, flags, stderr),
      unicode: isUnicode(context),
    });
    if (region === null) stderr.write(`${lines.join('  |  ')}\n`);
    else region(lines.join('\n'));
  };
}
