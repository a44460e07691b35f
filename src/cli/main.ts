/**
 * The command line: builds the commands, and is alone in mapping errors to exit codes.
 *
 * stdout carries results and nothing else; progress, logs and hints go to stderr.
 */
import { Command } from 'commander';
import { addBackupCommands } from './commands/backup.ts';
import { addChartCommand } from './commands/chart.ts';
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
import { environmentWarnings } from './environment.ts';
import { exitCode, exitCodesText } from './exit-codes.ts';
import { createLogger } from './log.ts';
import { reportError } from './report-error.ts';
import { programVersion } from './version.ts';

/** Runs one command line and returns its exit code; nothing here ends the process. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    return await runCommand(argv);
  } catch (error) {
    return reportError(error, { stderr: process.stderr, argv });
  }
}

async function runCommand(argv: readonly string[]): Promise<number> {
  const context: Context = {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    log: createLogger(process.stderr, process.env, argv.includes('--debug')),
    version: programVersion,
    argv,
  };
  for (const warning of environmentWarnings(process.env)) context.log.warn(warning);
  let code: number = exitCode.done;
  const finish = (value: number): void => {
    code = value;
  };
  const program = buildProgram(context, finish);
  if (argv.length === 0) {
    context.stderr.write(program.helpInformation());
    return exitCode.usage;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return code;
}

function buildProgram(context: Context, finish: (code: number) => void): Command {
  const program = new Command('ridgeline')
    .description(
      'Coarse-to-fine search for the L2 strength λ of a two-layer network, on as many machines as you join.',
    )
    .version(`ridgeline ${context.version} (Node ${process.versions.node})`, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExample:\n  ridgeline run configs/quickstart.yaml\n\n`ridgeline help exit-codes` explains exit codes.',
    );
  addRunCommand(program, context, finish);
  addCoordinatorCommand(program, context);
  addWorkerCommand(program, context, finish);
  addClusterCommands(program, context, finish);
  addResultsCommands(program, context);
  addChartCommand(program, context);
  addPlanCommand(program, context);
  addTrainCommand(program, context, finish);
  addCheckGradientsCommand(program, context, finish);
  addRangeTestCommand(program, context, finish);
  addPredictCommand(program, context);
  addDataCommand(program, context);
  addDoctorCommand(program, context, finish);
  addVerifyCommand(program, context, finish);
  addBackupCommands(program, context);
  program
    .command('help [topic]')
    .description('help for a command, or for the topic exit-codes')
    .action((topic?: string) => {
      const command = program.commands.find((candidate) => candidate.name() === topic);
      context.stdout.write(
        topic === 'exit-codes' ? exitCodesText : (command ?? program).helpInformation(),
      );
    });
  return program;
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  throw error;
});

process.exitCode = await main(process.argv.slice(2));
