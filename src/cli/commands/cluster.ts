/** The commands that talk to a running coordinator: submit, status, workers, watch, pause, resume, cancel, drain, token. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { loadStudy } from '../../config/load-study.ts';
import { storedProgress } from '../../coordinator/core/studies/summaries.ts';
import {
  formatStudies,
  formatWorkers,
  type ClusterFormat,
  type StudyLine,
} from '../../report/terminal/cluster-tables.ts';
import type { TextOptions } from '../../report/text/text-options.ts';
import type { SubmitOutcome } from '../../rpc/messages/control-messages.ts';
import type { ControlClient } from '../../rpc/client/control-client.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { canonicalSpec } from '../../study/spec/canonical-spec.ts';
import type { StudyStatus } from '../../study/trial.ts';
import {
  isUnicode,
  paintFor,
  stateDirOf,
  widthOf,
  type CommonFlags,
  type Context,
} from '../process/context.ts';
import { control, withControl, type ControlFlags } from '../cluster/control.ts';
import { addTokenCommand } from './token.ts';
import { addWatchCommand } from './watch.ts';

export function addClusterCommands(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  addSubmit(program, context);
  addTables(program, context);
  addWatchCommand(program, context, finish);
  addStudyChanges(program, context);
  addDrain(program, context);
  addTokenCommand(program, context);
}

function formatOption(): Option {
  return new Option('--format <format>', 'default: table in a terminal, tsv elsewhere').choices([
    'table',
    'tsv',
    'json',
  ]);
}

function formatOf(context: Context, flags: ControlFlags): ClusterFormat {
  return flags.format ?? (context.stdout.isTTY ? 'table' : 'tsv');
}

function textOptions(
  context: Context,
  flags: CommonFlags,
  stream: NodeJS.WriteStream,
): TextOptions {
  return {
    width: widthOf(context, stream),
    color: paintFor(context, flags, stream),
    unicode: isUnicode(context),
  };
}

function addSubmit(program: Command, context: Context): void {
  control(
    program,
    'submit',
    'hands a study to a running coordinator',
    'ridgeline submit configs/coarse-to-fine.yaml',
  )
    .argument('<study>', 'the study file (YAML)')
    .option('--fresh', 'throw away what is stored under its name')
    .action(async (file: string, flags: ControlFlags & { readonly fresh?: boolean }) => {
      // Its files are where the coordinator is, which may be another machine.
      const spec = await loadStudy(file, () => false);
      const text = await withControl(context, flags, async (client) => {
        const { name, outcome } = await client.submitStudy(
          canonicalSpec(spec),
          flags.fresh === true,
        );
        const rows = await client.listStudies();
        return submittedText(name, outcome, rows.find(({ study }) => study === name)?.status);
      });
      context.stderr.write(`${text}\n`);
    });
}

function submittedText(
  name: string,
  outcome: SubmitOutcome,
  status: StudyStatus | undefined,
): string {
  if (status === 'paused') return `${name} is paused; \`ridgeline resume ${name}\` goes on with it`;
  if (status === 'cancelled' || status === 'failed')
    return `${name} is ${status}; submit it with --fresh to start it anew`;
  if (outcome === 'complete')
    return `${name} is complete; its results: \`ridgeline results ${name}\``;
  return `${name}: ${outcome}; watch it with \`ridgeline watch ${name}\``;
}

function addTables(program: Command, context: Context): void {
  control(
    program,
    'workers',
    'lists the workers of a running coordinator',
    'ridgeline workers --format json',
  )
    .addOption(formatOption())
    .action(async (flags: ControlFlags) => {
      const rows = await withControl(context, flags, (client) => client.listWorkers());
      if (rows.length === 0)
        context.stderr.write(
          'no worker has joined; `ridgeline coordinator` printed the line that starts one\n',
        );
      const format = formatOf(context, flags);
      if (rows.length > 0 || format === 'json')
        context.stdout.write(
          formatWorkers(rows, format, textOptions(context, flags, context.stdout)),
        );
    });
  control(
    program,
    'status',
    'lists the studies, from a running coordinator or the store',
    'ridgeline status',
  )
    .addOption(formatOption())
    .action(async (flags: ControlFlags) => {
      const rows = await studyLines(context, flags);
      if (rows.length === 0)
        context.stderr.write('no study yet; `ridgeline run configs/quickstart.yaml` starts one\n');
      const format = formatOf(context, flags);
      if (rows.length > 0 || format === 'json')
        context.stdout.write(
          formatStudies(rows, format, textOptions(context, flags, context.stdout)),
        );
    });
}

/** Live numbers where a coordinator runs; where none does, those of the store. */
async function studyLines(context: Context, flags: ControlFlags): Promise<readonly StudyLine[]> {
  try {
    return await withControl(context, flags, (client) => client.listStudies());
  } catch (error) {
    const isAbsent = error instanceof RidgelineError && error.code === 'COORDINATOR_UNREACHABLE';
    if (!isAbsent || flags.coordinator !== undefined) throw error;
  }
  using reader = openStoreReader(stateDirOf(context, flags));
  context.stderr.write('no coordinator runs; this is what the store has\n');
  return reader.studies().map((record) => ({
    ...storedProgress(record, reader.trials(record.spec.study)),
    metric: record.spec.objective.metric,
    reason: record.reason,
  }));
}

function addStudyChanges(program: Command, context: Context): void {
  const changes = [
    [
      'pause',
      'grants no more trials of a study; those that run go on',
      (client: ControlClient, study: string) => client.pauseStudy(study, 'paused by the operator'),
    ],
    [
      'resume',
      'goes on with a paused study',
      (client: ControlClient, study: string) => client.resumeStudy(study),
    ],
    [
      'cancel',
      'ends a study for good; running trials are aborted',
      (client: ControlClient, study: string) =>
        client.cancelStudy(study, 'cancelled by the operator'),
    ],
  ] as const;
  for (const [name, summary, change] of changes) {
    control(program, name, summary, `ridgeline ${name} coarse-to-fine`)
      .argument('<study>', 'its name')
      .action(async (study: string, flags: ControlFlags) => {
        await withControl(context, flags, (client) => change(client, study));
        context.stderr.write(`${study}: ${name} done\n`);
      });
  }
}

function addDrain(program: Command, context: Context): void {
  control(
    program,
    'drain',
    'lets a worker finish what it runs, then leave',
    'ridgeline drain node-3',
  )
    .argument('<worker>', 'its name, as `ridgeline workers` shows it')
    .action(async (worker: string, flags: ControlFlags) => {
      const asked = await withControl(context, flags, (client) =>
        client.drainWorker(worker, 'drained by the operator'),
      );
      context.stderr.write(`${asked} asked to leave\n`);
    });
}
