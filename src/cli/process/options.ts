/** Options: how commands and the options that several of them share are declared and parsed. */
import { Option, type Command } from 'commander';
import { RidgelineError } from '../../base/errors.ts';
import { parseProxyAddress } from '../../web/server/own-addresses.ts';

export interface CommandText {
  /** A phrase for the list of commands. */
  readonly summary: string;
  /** One sentence for the command's own help; without it, the summary is used. */
  readonly description?: string;
  /** Sentences below the options. */
  readonly notes?: string;
  /** Command lines, at least one. */
  readonly examples: readonly string[];
}

/** A command with `--state`, `--quiet`, `--color`, `--debug` and examples in its help. */
export function addCommand(parent: Command, name: string, text: CommandText): Command {
  return addGroup(parent, name, text)
    .option(
      '--state <dir>',
      'directory of stored studies (default: $XDG_STATE_HOME/ridgeline, else ~/.local/state/ridgeline)',
    )
    .option(
      '--config <file>',
      'file of defaults (default: $XDG_CONFIG_HOME/ridgeline/config.yaml, else ~/.config/ridgeline/config.yaml)',
    )
    .option('--quiet', 'no progress, only results and errors')
    .addOption(choice('--color <when>', 'colour in terminals', ['auto', 'always', 'never'], 'auto'))
    .option('--debug', 'verbose log, stack traces of errors');
}

/** A command whose help ends with examples; a group of commands has no other options. */
export function addGroup(parent: Command, name: string, text: CommandText): Command {
  const { summary, notes, examples } = text;
  const description = text.description ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  const title = examples.length > 1 ? 'Examples' : 'Example';
  const before = notes === undefined ? '' : `${notes}\n\n`;
  return parent
    .command(name)
    .summary(summary)
    .description(description)
    .addHelpText('after', `\n${before}${title}:\n  ${examples.join('\n  ')}`);
}

export function choice(
  flags: string,
  description: string,
  choices: readonly string[],
  defaultValue?: string,
): Option {
  return new Option(flags, description).choices([...choices]).default(defaultValue);
}

/** `--format` of a command that prints with `printResult`. */
export function formatOption(): Option {
  return choice('--format <format>', 'output format', ['table', 'json'], 'table');
}

/** `--format` of a command whose output depends on the terminal. */
export function outputFormatOption(formats: readonly string[]): Option {
  const description = 'output format (default: table in a terminal, tsv elsewhere)';
  return choice('--format <format>', description, formats);
}

/** An option whose value is a whole number in [min, max]. */
export function wholeNumber(
  flags: string,
  description: string,
  min: number,
  max: number,
  defaultValue?: number,
): Option {
  const isValid = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  const range = `a whole number from ${min} to ${max}`;
  return numeric(flags, description, isValid, range, Math.max(min, 2), defaultValue);
}

/** An option whose value is a number for which `isValid`. @param range in words, for the error */
export function numeric(
  flags: string,
  description: string,
  isValid: (value: number) => boolean,
  range: string,
  example: number | string,
  defaultValue?: number,
): Option {
  const name = flags.split(' ')[0] ?? flags;
  return new Option(flags, description).default(defaultValue).argParser((text: string) => {
    const value = Number(text);
    if (text.trim() !== '' && isValid(value)) return value;
    throw usageError(
      `${name} must be ${range}, got ${JSON.stringify(text)}.`,
      `For example: ${name} ${example}.`,
    );
  });
}

/** `--grace` of commands that train for others. */
export function graceOption(): Option {
  const text =
    'time to finish running trials after a signal; the rest is returned (default: 8, but unlimited after Ctrl-C in a terminal)';
  return wholeNumber('--grace <seconds>', text, 0, 86_400);
}

/** `--reuse` of commands that submit a study. */
export const reuseOption = [
  '--reuse',
  'take results of other stored studies instead of training again, where data, seed and all settings of a trial are the same',
] as const;

/** `--lambda` of commands that train without a search. */
export function lambdaOption(description: string): Option {
  const isValid = (value: number): boolean => Number.isFinite(value) && value >= 0;
  return numeric('--lambda <x>', description, isValid, 'a number of at least 0', '1e-3');
}

export function usageError(what: string, fix: string): RidgelineError {
  return new RidgelineError('USAGE', what, fix);
}

/** `--data-dir`. */
export function withDataOption(command: Command): Command {
  return command.option(
    '--data-dir <dir>',
    'directory of data sets (default: $RIDGELINE_DATA, else $XDG_CACHE_HOME/ridgeline, else ~/.cache/ridgeline)',
  );
}

/** `--keys`, of commands that read or write tokens and keys. */
export function withKeysOption(command: Command): Command {
  return command.option(
    '--keys <dir>',
    'private directory of tokens and keys (default: $RIDGELINE_KEYS, else that of --state)',
  );
}

export interface HttpFlags {
  readonly http?: string;
  readonly httpOrigin?: readonly URL[];
}

/** `--http` and `--http-origin`. @param address the default of `--http`; absent: no dashboard */
export function withHttpOptions(command: Command, address?: string): Command {
  return command
    .option('--http <host:port>', 'address of the dashboard, such as 127.0.0.1:7171', address)
    .addOption(
      new Option(
        '--http-origin <url>',
        'address of the dashboard behind a proxy, such as https://HOST/PATH/; may be repeated',
      ).argParser((text: string, before: readonly URL[] | undefined) => [
        ...(before ?? []),
        proxyAddress(text),
      ]),
    );
}

function proxyAddress(text: string): URL {
  const url = parseProxyAddress(text);
  if (url !== null) return url;
  throw usageError(
    `--http-origin must be an address that begins with http:// or https://, without ? and #, got ${JSON.stringify(text)}.`,
    "Give the address in the browser's address bar, such as --http-origin https://head.example/ridgeline/.",
  );
}

export interface ListenFlags extends HttpFlags {
  readonly listen: string;
  readonly advertise?: string;
  /** Seconds. */
  readonly lease: number;
  /** Most bytes of states of trials. */
  readonly stateMax: number;
}

/** Options of commands that run a coordinator. */
export function withListenOptions(command: Command, address: string): Command {
  const listening = withKeysOption(command)
    .option('--listen <host:port>', 'address on which workers and commands connect', address)
    .option('--advertise <host:port>', 'address in the join line (default: that of --listen)');
  return withHttpOptions(listening).addOption(
    wholeNumber(
      '--lease <seconds>',
      'longest time without progress; then a trial is assigned again',
      1,
      3_600,
      20,
    ),
  );
}

/** Options of `worker`, which `run` passes to its local workers. */
export function withWorkerOptions(command: Command): Command {
  return command
    .addOption(wholeNumber('--pack <n>', 'most trials trained side by side in one thread', 1, 8, 8))
    .option(
      '--cache <dir>',
      'directory of cached data sets (default: $XDG_CACHE_HOME/ridgeline/parts, else ~/.cache/ridgeline/parts)',
    );
}
