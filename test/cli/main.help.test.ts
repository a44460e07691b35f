/** What `--help` and `help` say of every command. */
import { Command } from 'commander';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { addCommands } from '../../src/cli/command-loaders.ts';
import type { Context } from '../../src/cli/process/context.ts';

const context: Context = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: {},
  log: pino({ level: 'silent' }),
  version: 'test',
  argv: [],
};

/** @param name one command; undefined for all */
async function programOf(name?: string): Promise<Command> {
  const program = new Command('ridgeline');
  await addCommands(program, context, () => undefined, name);
  return program;
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test('every command shows an example in its help', async () => {
  const commands = leaves(await programOf());
  expect(commands.length).toBeGreaterThan(25);
  for (const command of commands)
    expect(helpOf(command), command.name()).toMatch(/Examples?:\n {2}ridgeline /);
});

test('every command is there, too, when it is loaded without the others', async () => {
  const names = (await programOf()).commands.map((command) => command.name());
  for (const name of names)
    expect((await programOf(name)).commands.map((command) => command.name())).toContain(name);
});
