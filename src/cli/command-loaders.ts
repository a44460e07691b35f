/**
 * Command loaders: all commands, in the order of the help, and the modules that add them.
 *
 * A process loads only its own command: loading the others would take time at every start, and memory
 * in long-running processes.
 */
import type { Command } from 'commander';
import type { Context } from './process/context.ts';

interface CommandModule {
  addCommands(program: Command, context: Context): void;
}

const clusterCommands = ['submit', 'workers', 'status', 'watch', 'pause', 'resume', 'cancel'];

const loaders: readonly (readonly [names: readonly string[], () => Promise<CommandModule>])[] = [
  [['run'], () => import('./commands/run.ts')],
  [['coordinator'], () => import('./commands/coordinator.ts')],
  [['worker'], () => import('./commands/worker.ts')],
  [[...clusterCommands, 'drain', 'token'], () => import('./commands/cluster.ts')],
  [['results', 'trial', 'diff'], () => import('./commands/results.ts')],
  [['chart', 'report'], () => import('./commands/chart.ts')],
  [['plan'], () => import('./commands/plan.ts')],
  [['train'], () => import('./commands/train.ts')],
  [['check-gradients'], () => import('./commands/check-gradients.ts')],
  [['lr-range-test'], () => import('./commands/lr-range-test.ts')],
  [['predict'], () => import('./commands/predict.ts')],
  [['data'], () => import('./commands/data.ts')],
  [['doctor'], () => import('./commands/doctor.ts')],
  [['verify'], () => import('./commands/verify.ts')],
  [['backup', 'restore'], () => import('./commands/backup.ts')],
];

/** Adds the command `name` and those of its module; all commands, for the help, if it is unknown. */
export async function addCommands(
  program: Command,
  context: Context,
  name: string | undefined,
): Promise<void> {
  const named = loaders.filter(([names]) => name !== undefined && names.includes(name));
  for (const [, load] of named.length > 0 ? named : loaders)
    (await load()).addCommands(program, context);
}
