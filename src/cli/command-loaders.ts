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

const clusterCommands = [
  'submit',
  'workers',
  'status',
  'watch',
  'pause',
  'resume',
  'retry',
  'cancel',
];

/** The first of each group are in the order of the groups. */
const loaders: readonly (readonly [names: readonly string[], () => Promise<CommandModule>])[] = [
  [['run'], () => import('./commands/run.ts')],
  [['init'], () => import('./commands/init.ts')],
  [['plan'], () => import('./commands/plan.ts')],
  [['import'], () => import('./commands/import.ts')],
  [['results', 'trial', 'diff'], () => import('./commands/results.ts')],
  [['chart', 'report'], () => import('./commands/chart.ts')],
  [['logs'], () => import('./commands/logs.ts')],
  [['dashboard'], () => import('./commands/dashboard.ts')],
  [['verify'], () => import('./commands/verify.ts')],
  [['coordinator'], () => import('./commands/coordinator.ts')],
  [['worker'], () => import('./commands/worker.ts')],
  [[...clusterCommands, 'drain', 'stop', 'token'], () => import('./commands/cluster.ts')],
  [['data'], () => import('./commands/data.ts')],
  [['train'], () => import('./commands/train.ts')],
  [['predict'], () => import('./commands/predict.ts')],
  [['check-trainer'], () => import('./commands/check-trainer.ts')],
  [['check-gradients'], () => import('./commands/check-gradients.ts')],
  [['lr-range-test'], () => import('./commands/lr-range-test.ts')],
  [['studies', 'ls', 'list', 'rename', 'delete'], () => import('./commands/studies.ts')],
  [['backup', 'restore'], () => import('./commands/backup.ts')],
  [['completion'], () => import('./commands/completion.ts')],
  [['doctor'], () => import('./commands/doctor.ts')],
  [['help'], () => import('./commands/help.ts')],
];

/** Headings of the list of commands, in its order. */
export const commandGroups: Readonly<Record<string, readonly string[]>> = {
  Search: [
    'init',
    'run',
    'submit',
    'plan',
    'import',
    'check-trainer',
    'status',
    'watch',
    'pause',
    'resume',
    'retry',
    'cancel',
  ],
  Results: ['results', 'trial', 'logs', 'diff', 'chart', 'report', 'dashboard', 'verify'],
  Cluster: ['coordinator', 'worker', 'workers', 'drain', 'stop', 'token'],
  'Data and models': ['data', 'train', 'predict', 'lr-range-test', 'check-gradients'],
  Upkeep: ['studies', 'rename', 'delete', 'backup', 'restore'],
  Environment: ['doctor', 'completion', 'help'],
};

/** Adds the command `name` and those of its module; all commands, in groups, for `help` or if it is unknown. */
export async function addCommands(
  program: Command,
  context: Context,
  name: string | undefined,
): Promise<void> {
  const isNamed = name !== undefined && name !== 'help';
  const named = loaders.filter(([names]) => isNamed && names.includes(name));
  for (const [, load] of named.length > 0 ? named : loaders)
    (await load()).addCommands(program, context);
  if (named.length === 0) program.configureHelp({ visibleCommands: inGroups });
}

/** The commands in the order of their groups, each with its heading. */
function inGroups({ commands }: Command): Command[] {
  return Object.entries(commandGroups).flatMap(([heading, names]) =>
    names.flatMap((name) =>
      commands
        .filter((command) => command.name() === name)
        .map((command) => command.helpGroup(`${heading}:`)),
    ),
  );
}
