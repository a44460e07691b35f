/**
 * The command line: builds the commands, and is alone in mapping errors to exit codes.
 *
 * stdout carries results and nothing else; progress, logs and hints go to stderr.
 */
import { Command } from 'commander';
import { closestWord } from '../base/did-you-mean.ts';
import { messageOf, RidgelineError } from '../base/errors.ts';
import { addCommands } from './command-loaders.ts';
import type { Context } from './process/context.ts';
import { environmentWarnings } from './process/environment.ts';
import { exitCode, exitCodesText } from './process/exit-codes.ts';
import { becomeLean, coordinatorFlags, leanFlags } from '../launch/process-flags.ts';
import { createLogger } from './process/log.ts';
import { endWithLauncher } from './process/parent-process.ts';
import { reportError } from './process/report-error.ts';
import { programVersion } from './process/version.ts';

/** Runs one command line and returns its exit code; nothing here ends the process. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    return await runCommand(argv);
  } catch (error) {
    return reportError(error, { stderr: process.stderr, argv });
  }
}

async function runCommand(argv: readonly string[]): Promise<number> {
  if (argv[0] === 'worker' || argv[0] === 'train') becomeLean(leanFlags);
  if (argv[0] === 'coordinator') becomeLean(coordinatorFlags);
  endWithLauncher(process.env);
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
  const program = await buildProgram(context, finish, argv[0]);
  if (argv.length === 0) {
    context.stderr.write(program.helpInformation());
    return exitCode.usage;
  }
  await program.parseAsync([...argv], { from: 'user' });
  return code;
}

async function buildProgram(
  context: Context,
  finish: (code: number) => void,
  name: string | undefined,
): Promise<Command> {
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
  await addCommands(program, context, finish, name);
  program
    .command('help [topic]')
    .description('help for a command, or for the topic exit-codes')
    .action((topic?: string) => {
      if (topic === 'exit-codes') context.stdout.write(exitCodesText);
      else commandOf(program, topic).outputHelp();
    });
  return program;
}

/** @throws RidgelineError USAGE for what is neither a command nor a topic */
function commandOf(program: Command, topic: string | undefined): Command {
  if (topic === undefined) return program;
  const command = program.commands.find((candidate) => candidate.name() === topic);
  if (command !== undefined) return command;
  const topics = ['exit-codes', ...program.commands.map((candidate) => candidate.name())];
  const closest = closestWord(topic, topics);
  throw new RidgelineError(
    'USAGE',
    `There is no help about ${JSON.stringify(topic)}${closest === null ? '.' : `; did you mean ${closest}?`}`,
    `\`ridgeline help\` lists the commands; exit-codes is a topic, too.`,
  );
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`| head`) is no failure.
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  const lost = new RidgelineError(
    'OUTPUT_UNWRITABLE',
    `Standard output cannot be written: ${messageOf(error)}.`,
    'What was stored is there: print it again, to a place with space.',
  );
  process.exit(reportError(lost, { stderr: process.stderr, argv: process.argv.slice(2) }));
});
// Work does not end because nobody can read how it goes.
process.stderr.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2));
