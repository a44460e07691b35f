/**
 * All commands, in the order in which the help lists them, and where each one is.
 *
 * A process loads its own command only: what the others need is time at every start, and in one that
 * stays memory that its data set, or its workers, could have.
 */
import type { Command } from 'commander';
import type { Context } from './process/context.ts';

type AddCommands = (program: Command, context: Context, finish: (code: number) => void) => void;

interface Loader {
  readonly names: readonly string[];
  readonly load: () => Promise<AddCommands>;
}

const loaders: readonly Loader[] = [
  { names: ['run'], load: async () => (await import('./commands/run.ts')).addRunCommand },
  {
    names: ['coordinator'],
    load: async () => (await import('./commands/coordinator.ts')).addCoordinatorCommand,
  },
  { names: ['worker'], load: async () => (await import('./commands/worker.ts')).addWorkerCommand },
  {
    names: ['submit', 'workers', 'status', 'watch', 'pause', 'resume', 'cancel', 'drain', 'token'],
    load: async () => (await import('./commands/cluster.ts')).addClusterCommands,
  },
  {
    names: ['results', 'trial', 'diff'],
    load: async () => (await import('./commands/results.ts')).addResultsCommands,
  },
  { names: ['chart'], load: async () => (await import('./commands/chart.ts')).addChartCommand },
  { names: ['report'], load: async () => (await import('./commands/chart.ts')).addReportCommand },
  { names: ['plan'], load: async () => (await import('./commands/plan.ts')).addPlanCommand },
  { names: ['train'], load: async () => (await import('./commands/train.ts')).addTrainCommand },
  {
    names: ['check-gradients'],
    load: async () => (await import('./commands/check-gradients.ts')).addCheckGradientsCommand,
  },
  {
    names: ['lr-range-test'],
    load: async () => (await import('./commands/lr-range-test.ts')).addRangeTestCommand,
  },
  {
    names: ['predict'],
    load: async () => (await import('./commands/predict.ts')).addPredictCommand,
  },
  { names: ['data'], load: async () => (await import('./commands/data.ts')).addDataCommand },
  { names: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctorCommand },
  { names: ['verify'], load: async () => (await import('./commands/verify.ts')).addVerifyCommand },
  {
    names: ['backup', 'restore'],
    load: async () => (await import('./commands/backup.ts')).addBackupCommands,
  },
];

/** Adds the command `name` and those that are with it; all of them where it is none, for the help. */
export async function addCommands(
  program: Command,
  context: Context,
  finish: (code: number) => void,
  name: string | undefined,
): Promise<void> {
  const named = loaders.filter(({ names }) => name !== undefined && names.includes(name));
  for (const { load } of named.length > 0 ? named : loaders)
    (await load())(program, context, finish);
}
