/** `ridgeline watch`: follows a study on a running coordinator, redrawn in a terminal, as lines elsewhere. */
import type { Command } from 'commander';
import { watchLine } from '../../report/files/watch-line.ts';
import { liveLines } from '../../report/terminal/live-lines.ts';
import { isUnreachable, Reconnection, waitSeconds } from '../../rpc/client/reconnection.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { type ShownStatus, type StudySummary, type WatchSnapshot } from '../../study/summaries.ts';
import { isOver } from '../../study/trial.ts';
import { addControlCommand, controlConnector } from '../cluster/control.ts';
import { stageView, Throughput } from '../cluster/throughput.ts';
import { storedOverview } from '../cluster/stored-overview.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { exitCode } from '../process/exit-codes.ts';
import { choice, wholeNumber } from '../process/options.ts';
import { exitCodeOf } from '../process/report-error.ts';
import { isCapable, textOptions } from '../process/terminal.ts';
import { runThen, thenOption, type ThenFlags } from '../process/then-command.ts';

export function addWatchCommand(program: Command, context: Context): void {
  const wait = 'longest time without the coordinator after the connection has broken';
  const summary = 'follows a study on a running coordinator until it ends';
  addControlCommand(program, 'watch', summary, 'ridgeline watch coarse-to-fine')
    .argument('<study>', 'study name')
    .addOption(choice('--format <format>', 'jsonl: one line on stdout per change', ['jsonl']))
    .option(...thenOption)
    .addOption(wholeNumber('--wait <seconds>', wait, 0, 31_536_000, waitSeconds.later))
    .action(async (study: string, flags: WatchFlags) => {
      let last: ShownStatus | null = null;
      const end = async (code: number): Promise<void> =>
        context.finish(await runThen(flags, study, code, context, async () => last));
      try {
        await follow(study, flags, context, (status) => (last = status));
      } catch (error) {
        const stored = isUnreachable(error) ? await storedEnd(study, context) : null;
        if (stored === null) {
          await end(exitCodeOf(error));
          throw error;
        }
        last = stored.status;
        if (flags.format !== undefined)
          context.stdout.write(watchLine({ progress: stored, workers: [], elapsedMs: 0 }));
        context.stderr.write(
          `${study} is ${last} and no coordinator is running. See its results: \`ridgeline results ${study}\`\n`,
        );
      }
      await end(last === 'failed' || last === 'cancelled' ? exitCode.failed : exitCode.done);
    });
}

/** A stored study that has ended, without a coordinator; null for others, and for a named coordinator. */
async function storedEnd(study: string, context: Context): Promise<StudySummary | null> {
  if (context.flags.coordinator !== undefined) return null;
  await using reader = await openStoreReader(stateDirectory(context));
  const summary = await storedOverview(reader, () => false).study(study);
  return summary !== null && isOver(summary.status) ? summary : null;
}

interface WatchFlags extends ThenFlags {
  readonly format?: string;
  /** Seconds. */
  readonly wait: number;
}

/** Shows the study until it is over, and connects again if the connection breaks. */
async function follow(
  study: string,
  flags: WatchFlags,
  context: Context,
  seen: (status: ShownStatus) => void,
): Promise<void> {
  const show = flags.format === undefined ? await display(context) : null;
  const throughput = new Throughput();
  const connect = controlConnector(context);
  const reconnection = new Reconnection({
    // The first attempt fails at once: usually there is no coordinator, or the address is wrong.
    firstWaitMs: 0,
    waitMs: 1_000 * flags.wait,
    meanwhile: '',
    log: (_level, text) => (show === null ? context.stderr.write(`${text}\n`) : show([text])),
    signal: new AbortController().signal,
  });
  await reconnection.run(async () => {
    using client = await connect();
    let last: ShownStatus | null = null;
    for await (const snapshot of client.watch(study)) {
      reconnection.welcomed();
      last = snapshot.progress.status;
      seen(last);
      if (show === null) context.stdout.write(watchLine(snapshot));
      else show(snapshotLines(snapshot, throughput, context));
    }
    return last !== null && isOver(last) ? null : 'the coordinator has stopped';
  });
}

function snapshotLines(
  { progress, workers }: WatchSnapshot,
  throughput: Throughput,
  context: Context,
): string[] {
  const nowMs = performance.now();
  const pace = throughput.stage(stageView({ progress, workers }), nowMs);
  const rated = workers.map((worker) => ({
    ...worker,
    trialsPerMinute: throughput.worker(worker.name, worker.trialsCompleted, nowMs),
  }));
  const state = { ...progress, workers: rated, objective: null, pace };
  return liveLines(state, textOptions(context, context.stderr));
}

/** The last state stays on the screen. */
async function display({ stderr, env }: Context): Promise<(lines: readonly string[]) => void> {
  if (!isCapable(stderr, env)) return (lines) => void stderr.write(`${lines.join('  |  ')}\n`);
  // Loaded here, since other commands of the cluster draw nothing.
  const { createLogUpdate } = await import('log-update');
  const region = createLogUpdate(stderr, { showCursor: true });
  return (lines) => region(lines.join('\n'));
}
