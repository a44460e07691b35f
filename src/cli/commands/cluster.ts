/** Commands for a running coordinator: submit, workers, status, watch, pause, resume, cancel, drain, token. */
import type { Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { loadStudy } from '../../config/load-study.ts';
import { storedProgress } from '../../coordinator/core/studies/summaries.ts';
import {
  formatStudies,
  formatWorkers,
  type ClusterFormat,
  type StudyLine,
} from '../../report/terminal/cluster-tables.ts';
import type { ControlClient } from '../../rpc/client/control-client.ts';
import type { SubmitOutcome } from '../../rpc/server/handlers.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import { stateDirectory, type Context } from '../process/context.ts';
import { addControlCommand, withControl, type ControlFlags } from '../cluster/control.ts';
import { outputFormatOption } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';
import { addTokenCommand } from './token.ts';
import { addWatchCommand } from './watch.ts';

export function addCommands(program: Command, context: Context): void {
  addSubmit(program, context);
  addTables(program, context);
  addWatchCommand(program, context);
  addStudyChanges(program, context);
  addDrain(program, context);
  addTokenCommand(program, context);
}

function addSubmit(program: Command, context: Context): void {
  const example = 'ridgeline submit configs/coarse-to-fine.yaml';
  addControlCommand(program, 'submit', 'submits a study to a running coordinator', example)
    .argument('<study>', 'study file (YAML)')
    .option('--fresh', 'new start that discards the stored study of this name')
    .action(async (file: string, flags: ControlFlags & { readonly fresh?: boolean }) => {
      // The coordinator reads the data, and it may run on another machine.
      const spec = await loadStudy(file, describeTrainer, () => false);
      const text = await withControl(context, flags, async (client) => {
        const submitted = await client.submitStudy(canonicalSpec(spec), flags.fresh === true);
        const rows = await client.listStudies();
        const status = rows.find(({ study }) => study === submitted.name)?.status;
        return submittedText(submitted.name, submitted.outcome, status);
      });
      context.stderr.write(`${text}\n`);
    });
}

function submittedText(
  name: string,
  outcome: SubmitOutcome,
  status: StudyStatus | undefined,
): string {
  if (status === 'paused') return `${name} is paused. Resume it: \`ridgeline resume ${name}\``;
  if (status === 'cancelled' || status === 'failed')
    return `${name} is ${status}. Submit it with --fresh to start over`;
  if (outcome === 'complete')
    return `${name} is complete. See its results: \`ridgeline results ${name}\``;
  return `${name}: ${outcome}. Follow it: \`ridgeline watch ${name}\``;
}

function addTables(program: Command, context: Context): void {
  const print = <Row>(
    rows: readonly Row[],
    flags: ControlFlags,
    format: (
      rows: readonly Row[],
      format: ClusterFormat,
      options: ReturnType<typeof textOptions>,
    ) => string,
    emptyText: string,
  ): void => {
    const chosen = flags.format ?? (context.stdout.isTTY ? 'table' : 'tsv');
    if (rows.length === 0) context.stderr.write(`${emptyText}\n`);
    if (rows.length === 0 && chosen !== 'json') return;
    context.stdout.write(format(rows, chosen, textOptions(context, flags)));
  };
  const formats = outputFormatOption(['table', 'tsv', 'json']);
  addControlCommand(
    program,
    'workers',
    'lists the workers of a running coordinator',
    'ridgeline workers --format json',
  )
    .addOption(formats)
    .action(async (flags: ControlFlags) => {
      const rows = await withControl(context, flags, (client) => client.listWorkers());
      const empty =
        'no worker has joined; `ridgeline coordinator` printed the line that starts one';
      print(rows, flags, formatWorkers, empty);
    });
  addControlCommand(
    program,
    'status',
    'lists the studies, from a running coordinator or the store',
    'ridgeline status',
  )
    .addOption(formats)
    .action(async (flags: ControlFlags) => {
      const empty = 'no study yet; `ridgeline run configs/quickstart.yaml` starts one';
      print(await studyLines(context, flags), flags, formatStudies, empty);
    });
}

/** From the coordinator if one runs, else from the store. */
async function studyLines(context: Context, flags: ControlFlags): Promise<readonly StudyLine[]> {
  try {
    return await withControl(context, flags, (client) => client.listStudies());
  } catch (error) {
    const isAbsent = error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
    if (!isAbsent || flags.coordinator !== undefined) throw error;
  }
  await using reader = await openStoreReader(stateDirectory(context, flags));
  context.stderr.write('no coordinator is running; showing the store\n');
  const lines: StudyLine[] = [];
  for (const record of await reader.studies()) {
    const progress = storedProgress(record, await reader.trials(record.spec.study));
    lines.push({ ...progress, metric: record.spec.objective.metric, reason: record.reason });
  }
  return lines;
}

function addStudyChanges(program: Command, context: Context): void {
  const add = (
    name: string,
    summary: string,
    change: (client: ControlClient, study: string) => Promise<void>,
  ): void => {
    addControlCommand(program, name, summary, `ridgeline ${name} coarse-to-fine`)
      .argument('<study>', 'study name')
      .action(async (study: string, flags: ControlFlags) => {
        await withControl(context, flags, (client) => change(client, study));
        context.stderr.write(`${study}: ${name} done\n`);
      });
  };
  add('pause', 'assigns no more trials of a study; running trials finish', (client, study) =>
    client.pauseStudy(study, 'paused by the operator'),
  );
  add('resume', 'resumes a paused study', (client, study) => client.resumeStudy(study));
  add('cancel', 'ends a study for good and aborts its running trials', (client, study) =>
    client.cancelStudy(study, 'cancelled by the operator'),
  );
}

function addDrain(program: Command, context: Context): void {
  const summary = 'asks a worker to finish its running trials and leave';
  addControlCommand(program, 'drain', summary, 'ridgeline drain node-3')
    .argument('<worker>', 'worker name, as in `ridgeline workers`')
    .action(async (worker: string, flags: ControlFlags) => {
      const drained = await withControl(context, flags, (client) =>
        client.drainWorker(worker, 'drained by the operator'),
      );
      context.stderr.write(`${drained} asked to leave\n`);
    });
}
