/**
 * Command line: builds the commands, runs one, and maps errors to exit codes.
 *
 * Results go to stdout; progress, logs and errors go to stderr.
 */
import { Command } from 'commander';
import { errorMessage, RidgelineError } from '../base/errors.ts';
import { lambdaDefinition } from '../trainers/two-layer/method-sentences.ts';
import { addCommands } from './command-loaders.ts';
import { applyConfig } from './process/apply-config.ts';
import { useLocale } from './process/ascii-output.ts';
import type { Context, SharedFlags } from './process/context.ts';
import { exitCode } from './process/exit-codes.ts';
import { exitWithWrapper } from './process/exit-with-parent.ts';
import { createLogger, environmentWarnings } from './process/log.ts';
import { reportError } from './process/report-error.ts';
import { reportIgnoredSignals } from './process/stop-signals.ts';
import { parseCommandLine, silentErrors } from './process/usage-errors.ts';
import { printText } from './process/terminal.ts';
import { programVersion } from './process/version.ts';

/** Runs one command line and returns its exit code. */
async function runCommand(): Promise<number> {
  exitWithWrapper(process.env);
  let code: number = exitCode.done;
  let flags: SharedFlags = {};
  const context: Context = {
    // Opened when it is used: most commands read nothing.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    log: createLogger(process.stderr, process.env, argv.includes('--debug')),
    version: programVersion,
    argv,
    get flags() {
      return flags;
    },
    finish: (value) => void (code = value),
  };
  reportIgnoredSignals((text) => context.log.info(text));
  for (const warning of environmentWarnings(process.env)) context.log.warn(warning);
  const program = await buildProgram(context);
  program.hook('preAction', async (_program, command) => {
    await applyConfig(command, process.env);
    flags = command.opts();
  });
  if (argv.length === 0) {
    context.stderr.write(program.helpInformation());
    return exitCode.usage;
  }
  return (await parseCommandLine(program, argv, process.env)) ?? code;
}

async function buildProgram(context: Context): Promise<Command> {
  const program = new Command('ridgeline')
    .description(
      'Distributed hyperparameter search: samples values from a study file, trains on as many machines as join, and ranks the results.',
    )
    .version(`ridgeline ${context.version} (Node ${process.versions.node})`, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => printText(context, text),
      writeErr: (text) => context.stderr.write(text),
      ...silentErrors,
    })
    .addHelpText(
      'after',
      `\nλ is the L2 strength: ${lambdaDefinition.replace('; ', ';\n')}.` +
        '\n\nExample:\n  ridgeline run configs/quickstart.yaml\n\n`ridgeline help study` explains the keys of a study file, `ridgeline help exit-codes` the exit codes.',
    );
  await addCommands(program, context, context.argv[0]);
  return program;
}

const argv = process.argv.slice(2);
const report = (error: unknown): number =>
  reportError(error, { stderr: process.stderr, argv, env: process.env });

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that closes the pipe early (`| head`) is no failure.
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  const lost = new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `Standard output cannot be written: ${errorMessage(error)}.`,
    'Stored results are safe. Free some disk space and run the command again.',
  );
  process.exit(report(lost));
});
useLocale(process.stderr, process.env);
// Work continues if stderr is closed.
process.stderr.on('error', () => undefined);

process.exitCode = await runCommand().catch(report);
