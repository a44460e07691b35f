/** Commands for a running coordinator: submit, workers, status, watch, pause, resume, cancel, drain, stop, token. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { studyFromFile } from '../process/study-files.ts';
import { readProgramFiles } from '../../config/program-files.ts';
import { formatWorkers, type ClusterFormat } from '../../report/terminal/cluster-tables.ts';
import { countText } from '../../report/text/number-format.ts';
import type { ControlClient } from '../../rpc/client/control-client.ts';
import type { SubmitOutcome } from '../../rpc/server/handlers.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import { configurationCount } from '../../study/spec/study-spec.ts';
import { priorityMax } from '../../study/study-record.ts';
import type { StudySummary } from '../../study/summaries.ts';
import { addControlCommand, withControl } from '../cluster/control.ts';
import { exitCode } from '../process/exit-codes.ts';
import { confirm, yesOption } from '../process/confirm.ts';
import { keysDirectory, type Context } from '../process/context.ts';
import { outputFormatOption, reuseOption, wholeNumber } from '../process/options.ts';
import { keptText } from '../process/resume-command.ts';
import { textOptions } from '../process/terminal.ts';
import { requireStudyFile } from '../results/stored-study.ts';
import { addStatusCommand } from './status.ts';
import { addStopCommand } from './stop.ts';
import { addTokenCommand } from './token.ts';
import { addWatchCommand } from './watch.ts';

export function addCommands(program: Command, context: Context): void {
  addSubmit(program, context);
  addWorkers(program, context);
  addStatusCommand(program, context);
  addWatchCommand(program, context);
  addStudyChanges(program, context);
  addRetry(program, context);
  addDrain(program, context);
  addStopCommand(program, context);
  addTokenCommand(program, context);
}

function addSubmit(program: Command, context: Context): void {
  const example = 'ridgeline submit configs/coarse-to-fine.yaml';
  addControlCommand(program, 'submit', 'submits a study to a running coordinator', example)
    .argument('<study>', 'study file (YAML)')
    .option('--fresh', 'start again; the stored study of this name is deleted, and a copy is kept')
    .addOption(
      wholeNumber(
        '--priority <n>',
        "weight of the study's share of the threads, next to other running studies (default: 1; a stored study keeps its own)",
        1,
        priorityMax,
      ),
    )
    .option(...reuseOption)
    .action(async (file: string, { fresh = false, reuse = false, priority }: SubmitFlags) => {
      await requireStudyFile(file, context);
      // The coordinator reads the data, and it may run on another machine.
      const spec = await studyFromFile(file, () => false);
      const text = await withControl(context, async (client) => {
        const previous = fresh && (await client.listStudies()).find(isNamed(spec.study));
        const { name, outcome } = await client.submitStudy(canonicalSpec(spec), {
          fresh,
          reuse,
          priority,
          files: await readProgramFiles(spec, file),
          trials: Math.max(...spec.stages.map(configurationCount)),
        });
        const row = (await client.listStudies()).find(isNamed(name));
        const submitted = submittedText(name, outcome, row);
        if (outcome === 'complete' && row?.status !== 'complete') context.finish(exitCode.failed);
        return previous ? `${submitted}\n${keptText(name, previous.done)}` : submitted;
      });
      context.stderr.write(`${text}\n`);
    });
}

interface SubmitFlags {
  readonly fresh?: boolean;
  readonly reuse?: boolean;
  readonly priority?: number;
}

const isNamed = (name: string) => (row: { readonly study: string }) => row.study === name;

function submittedText(
  name: string,
  outcome: SubmitOutcome,
  { status, done = 0, total = 0, testing = false }: Partial<StudySummary> = {},
): string {
  if (status === 'paused') return `${name} is paused. Resume it: \`ridgeline resume ${name}\``;
  if (outcome === 'complete' && (status === 'cancelled' || status === 'failed'))
    return `${name} is ${status}. Take it up again: \`ridgeline resume ${name}\`; or submit it with --fresh to start over`;
  if (outcome === 'complete')
    return `${name} is complete. See its results: \`ridgeline results ${name}\``;
  // It may have been running before.
  const state = outcome === 'resumed' ? 'running' : outcome;
  const work = testing
    ? 'all trials are done, and the winner is being tested'
    : `${done} of ${total} trials are done`;
  const progress = outcome === 'created' ? 'created' : `${state}; ${work}`;
  return `${name}: ${progress}. Follow it: \`ridgeline watch ${name}\``;
}

function addWorkers(program: Command, context: Context): void {
  const summary = 'lists the workers of a running coordinator';
  addControlCommand(program, 'workers', summary, 'ridgeline workers --format json')
    .addOption(outputFormatOption(['table', 'tsv', 'json']))
    .action(async (flags: { readonly format?: ClusterFormat }) => {
      const rows = await withControl(context, (client) => client.listWorkers());
      const format = flags.format ?? (context.stdout.isTTY ? 'table' : 'tsv');
      // A coordinator that --coordinator names has its state directory elsewhere.
      const directory = context.flags.coordinator === undefined ? keysDirectory(context) : '';
      if (rows.length === 0)
        context.stderr.write(
          `no worker has joined; start one with \`ridgeline worker --join @${join(directory, 'worker.join')}\`\n`,
        );
      if (rows.length === 0 && format !== 'json') return;
      context.stdout.write(formatWorkers(rows, format, textOptions(context), Date.now()));
    });
}

function addStudyChanges(program: Command, context: Context): void {
  const add = (
    name: string,
    summary: string,
    change: (client: ControlClient, study: string, flags: ChangeFlags) => Promise<boolean | void>,
  ): Command =>
    addControlCommand(program, name, summary, `ridgeline ${name} coarse-to-fine`)
      .argument('<study>', 'study name')
      .action(async (study: string, flags: ChangeFlags) => {
        const text = await withControl(context, async (client) => {
          if ((await change(client, study, flags)) === false) return `${study} is not changed`;
          return changedText(study, (await client.listStudies()).find(isNamed(study)));
        });
        context.stderr.write(`${text}\n`);
      });
  add('pause', 'assigns no more trials of a study; running trials finish', (client, study) =>
    client.pauseStudy(study, 'paused by the operator'),
  );
  add('resume', 'resumes a paused, failed or cancelled study', (client, study) =>
    client.resumeStudy(study),
  );
  add(
    'cancel',
    'ends a study and aborts its running trials; without a terminal, it does not ask',
    async (client, study, flags) => {
      const question = `Cancel ${study} and abort its running trials? Finished trials stay; \`ridgeline pause ${study}\` lets the running ones finish.`;
      if (!(await confirm(question, flags, context, { isRequired: false }))) return false;
      return await client.cancelStudy(study, 'cancelled by the operator');
    },
  ).option(...yesOption);
}

function addRetry(program: Command, context: Context): void {
  const summary = 'gives trials that ended without a result new attempts';
  addControlCommand(program, 'retry', summary, 'ridgeline retry coarse-to-fine coarse/7 fine/2')
    .argument('<study>', 'study name')
    .argument('[trials...]', 'trials (default: all that failed without a result or were cancelled)')
    .action(async (study: string, trials: readonly string[]) => {
      const text = await withControl(context, async (client) => {
        const count = await client.retryTrials(study, trials.length > 0 ? trials : null);
        if (count === 0)
          return `${study} is running again. Follow it: \`ridgeline watch ${study}\``;
        return `${study}: ${countText(count, 'trial')} ${count === 1 ? 'waits' : 'wait'} again. Follow it: \`ridgeline watch ${study}\``;
      });
      context.stderr.write(`${text}\n`);
    });
}

interface ChangeFlags {
  readonly yes?: boolean;
}

function changedText(study: string, { status, running }: Partial<StudySummary> = {}): string {
  const rest =
    status === 'paused' && running !== undefined && running > 0
      ? `; ${countText(running, 'trial')} still ${running === 1 ? 'runs' : 'run'}`
      : status === 'cancelled'
        ? '; its finished trials are stored'
        : '';
  return `${study} is ${status ?? 'no longer stored'}${rest}`;
}

function addDrain(program: Command, context: Context): void {
  const summary = 'asks a worker to finish its running trials and leave';
  addControlCommand(program, 'drain', summary, 'ridgeline drain node-3')
    .argument('<worker>', 'worker name, as in `ridgeline workers`')
    .action(async (worker: string) => {
      const reason = 'asked by `ridgeline drain`';
      await withControl(context, (client) => client.drainWorker(worker, reason));
      context.stderr.write(`${worker} finishes its running trials and leaves\n`);
    });
}
