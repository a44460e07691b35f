/** Options that many commands share, spelled once. */
import { Option, type Command } from 'commander';

/** `--state`, `--quiet`, `--color`, `--debug`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--state <dir>', 'where studies are kept (default: $XDG_STATE_HOME/ridgeline)')
    .option('--quiet', 'no progress, only results and errors')
    .addOption(
      new Option('--color <when>', 'colour in terminals')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    )
    .option('--debug', 'more in the log, stack traces in errors');
}

/** `--data-dir`. */
export function withDataOption(command: Command): Command {
  return command.option(
    '--data-dir <dir>',
    'where data sets lie (default: $RIDGELINE_DATA, else $XDG_CACHE_HOME/ridgeline)',
  );
}

/** `--coordinator`: how a command finds a coordinator that is not this machine's own. */
export function withCoordinatorOption(command: Command): Command {
  return command.option(
    '--coordinator <join>',
    'the coordinator, as @FILE, - (standard input) or its join string; default: found through --state',
  );
}
