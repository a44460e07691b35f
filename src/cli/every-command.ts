/** All commands, in the order in which the help lists them. `main.ts` loads this, but for a worker. */
import type { Command } from 'commander';
import { addBackupCommands } from './commands/backup.ts';
import { addChartCommand, addReportCommand } from './commands/chart.ts';
import { addCheckGradientsCommand } from './commands/check-gradients.ts';
import { addClusterCommands } from './commands/cluster.ts';
import { addCoordinatorCommand } from './commands/coordinator.ts';
import { addDataCommand } from './commands/data.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addRangeTestCommand } from './commands/lr-range-test.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addResultsCommands } from './commands/results.ts';
import { addRunCommand } from './commands/run.ts';
import { addTrainCommand } from './commands/train.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { addWorkerCommand } from './commands/worker.ts';
import type { Context } from './context.ts';

export function addEveryCommand(
  program: Command,
  context: Context,
  finish: (code: number) => void,
): void {
  addRunCommand(program, context, finish);
  addCoordinatorCommand(program, context);
  addWorkerCommand(program, context, finish);
  addClusterCommands(program, context, finish);
  addResultsCommands(program, context);
  addChartCommand(program, context);
  addReportCommand(program, context);
  addPlanCommand(program, context);
  addTrainCommand(program, context, finish);
  addCheckGradientsCommand(program, context, finish);
  addRangeTestCommand(program, context, finish);
  addPredictCommand(program, context);
  addDataCommand(program, context);
  addDoctorCommand(program, context, finish);
  addVerifyCommand(program, context, finish);
  addBackupCommands(program, context);
}
