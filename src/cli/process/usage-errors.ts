/**
 * Usage errors: the errors of the argument parser as errors with a fix, like all others.
 *
 * Not here: values that options reject (`options.ts`), and rules between options (the commands).
 */
import { CommanderError, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { exitCode } from './exit-codes.ts';
import { usageError } from './options.ts';

/** The parser prints no errors: `report-error.ts` does. */
export const silentErrors = { outputError: () => undefined };

/**
 * Runs a command line.
 *
 * @returns the exit code if the parser ended it: 0 after a help text that was requested, 2 after the help of
 *   a group of commands without one of them; null if a command ran
 * @throws RidgelineError USAGE, and the errors of the command
 */
export async function parseCommandLine(
  program: Command,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number | null> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCode.done;
    if (error.code === 'commander.help') return exitCode.usage;
    throw parserError(error, findCommand(program, argv), env);
  }
}

/** The command that `argv` names: `token new` is the command `new` of the group `token`. */
export function findCommand(program: Command, argv: readonly string[]): Command {
  let command = program;
  for (const word of argv) {
    const next = command.commands.find(
      (candidate) => candidate.name() === word || candidate.aliases().includes(word),
    );
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** The words before the arguments of a command: `ridgeline token new`. */
export function commandPath(command: Command): string {
  const before = command.parent === null ? '' : `${commandPath(command.parent)} `;
  return `${before}${command.name()}`;
}

/** @param command the one that was not used correctly */
function parserError(
  { code, message }: CommanderError,
  command: Command,
  env: NodeJS.ProcessEnv,
): RidgelineError {
  const [text = '', hint = ''] = message.replace(/^error: /, '').split('\n(');
  const sentence = text.charAt(0).toUpperCase() + text.slice(1).replace(/\.$/, '');
  const suggestion = hint === '' ? '' : ` ${hint.replace(/\)$/, '')}`;
  return usageError(`${sentence}.${suggestion}`, fixFor(code, command, env));
}

function fixFor(code: string, command: Command, env: NodeJS.ProcessEnv): string {
  const path = commandPath(command);
  if (code === 'commander.unknownCommand') {
    const list = command.parent === null ? 'ridgeline help' : `${path} --help`;
    return `\`${list}\` lists the commands.`;
  }
  const usage = `Use it as \`${path} ${command.usage()}\`; \`${path} --help\` explains the options.`;
  // `npm run ridgeline results x --top 2` keeps `--top` for itself and passes on `2`.
  const isFromNpm = code === 'commander.excessArguments' && env['npm_command'] === 'run-script';
  return isFromNpm ? `${usage} With \`npm run\`, write \`--\` before the arguments.` : usage;
}
