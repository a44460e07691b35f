/**
 * Command line: builds the commands, runs one, and maps errors to exit codes.
 *
 * Results go to stdout; progress, logs and errors go to stderr.
 */
import { Command } from 'commander';
import { closestWord } from '../base/did-you-mean.ts';
import { errorMessage, RidgelineError } from '../base/errors.ts';
import { addCommands } from './command-loaders.ts';
import type { Context, SharedFlags } from './process/context.ts';
import { exitCode, exitCodesText } from './process/exit-codes.ts';
import { exitWithWrapper } from './process/exit-with-parent.ts';
import { createLogger, environmentWarnings } from './process/log.ts';
import { usageError } from './process/options.ts';
import { reportError } from './process/report-error.ts';
import { programVersion } from './process/version.ts';

/** Runs one command line and returns its exit code. */
async function runCommand(): Promise<number> {
  exitWithWrapper(process.env);
  let code: number = exitCode.done;
  let flags: SharedFlags = {};
  const context: Context = {
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
  for (const warning of environmentWarnings(process.env)) context.log.warn(warning);
  const program = await buildProgram(context);
  program.hook('preAction', (_program, command) => void (flags = command.opts()));
  if (argv.length === 0) {
    context.stderr.write(program.helpInformation());
    return exitCode.usage;
  }
  await program.parseAsync(argv, { from: 'user' });
  return code;
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
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .addHelpText(
      'after',
      '\nExample:\n  ridgeline run configs/quickstart.yaml\n\n`ridgeline help exit-codes` explains exit codes.',
    );
  await addCommands(program, context, context.argv[0]);
  program
    .command('help [topic]')
    .description('help for a command, or for the topic exit-codes')
    .action((topic?: string) => {
      if (topic === 'exit-codes') context.stdout.write(exitCodesText);
      else findCommand(program, topic).outputHelp();
    });
  return program;
}

/** @throws RidgelineError USAGE if the topic is neither a command nor a help topic */
function findCommand(program: Command, topic: string | undefined): Command {
  if (topic === undefined) return program;
  const command = program.commands.find((candidate) => candidate.name() === topic);
  if (command !== undefined) return command;
  const topics = ['exit-codes', ...program.commands.map((candidate) => candidate.name())];
  const closest = closestWord(topic, topics);
  throw usageError(
    `There is no help about ${JSON.stringify(topic)}${closest === null ? '.' : `; did you mean ${closest}?`}`,
    `\`ridgeline help\` lists the commands; exit-codes is also a topic.`,
  );
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
// Work continues if stderr is closed.
process.stderr.on('error', () => undefined);

process.exitCode = await runCommand().catch(report);
