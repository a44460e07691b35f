/**
 * Command table generation: writes src/cli/completion/commands.json from the commands; --check fails if it
 * differs.
 */
import { Command, type Argument, type Option } from 'commander';
import { pino } from 'pino';
import { format } from 'prettier';
import { addCommands } from '../src/cli/command-loaders.ts';
import type { CommandEntry, CommandTable, Value } from '../src/cli/completion/command-table.ts';
import { writeGenerated } from './generated-files.ts';

const program = new Command('ridgeline');
await addCommands(
  program,
  {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    log: pino({ level: 'silent' }),
    version: '',
    argv: [],
    flags: {},
    finish: () => undefined,
  },
  undefined,
);

function table(command: Command): CommandTable {
  return Object.fromEntries(command.commands.map((inner) => [inner.name(), entry(inner)]));
}

function entry(command: Command): CommandEntry {
  const options = command.createHelp().visibleOptions(command).flatMap(optionRow);
  return {
    summary: command.summary(),
    options: Object.fromEntries(options),
    arguments: command.registeredArguments.map(argumentValue),
    isVariadic: command.registeredArguments.at(-1)?.variadic === true,
    commands: table(command),
  };
}

function optionRow(option: Option): [string, CommandEntry['options'][string]][] {
  const text = option.description.split(' (default')[0] ?? '';
  const isSwitch = option.isBoolean();
  const row = isSwitch ? { text } : { text, value: optionValue(option) };
  return [option.long, option.short]
    .flatMap((flag) => (flag ? [[flag, row] as const] : []))
    .map(([flag, value]) => [flag, value]);
}

function optionValue({ flags, argChoices }: Option): Value {
  if (argChoices !== undefined) return argChoices;
  const [, name = ''] = /[<[]([^>\]]+)/.exec(flags) ?? [];
  if (name === 'dir') return 'directory';
  return name === 'file' || name === 'data' ? 'file' : null;
}

/** The description says whether a study is named by its file or by its name. */
function argumentValue({ argChoices, description }: Argument): Value {
  if (argChoices !== undefined) return argChoices;
  if (/^study names?$|^name of (a|another) study$/.test(description)) return 'study';
  if (description.startsWith('trial name')) return 'trial';
  if (description.startsWith('worker name')) return 'worker';
  if (description.startsWith('command')) return 'command';
  return /file|folder|path/.test(description) && !description.startsWith('name of') ? 'file' : null;
}

const json = JSON.stringify(table(program));
writeGenerated(
  'src/cli/completion/commands.json',
  await format(json, { parser: 'json', printWidth: 100 }),
);
// Modules of commands may keep the process alive.
process.exit();
