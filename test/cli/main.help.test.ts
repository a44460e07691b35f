/** Help texts of all commands. */
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands, commandGroups } from '../../src/cli/command-loaders.ts';
import { testContext } from './support/test-context.ts';

const context = testContext();

/** @param name one command; undefined for all */
async function buildProgram(name?: string): Promise<Command> {
  const program = new Command('ridgeline');
  await addCommands(program, context, name);
  return program;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

function helpText(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

const commands = (await buildProgram()).commands.flatMap(withSubcommands);

test('every command has an example, a summary and a description of one sentence', () => {
  expect(commands.length).toBeGreaterThan(25);
  for (const command of commands) {
    expect(helpText(command), command.name()).toMatch(/Examples?:\n {2}ridgeline /);
    expect(command.summary(), command.name()).toMatch(/^[a-z].*[^.]$/);
    expect(command.description(), command.name()).toMatch(/^[A-Z](?:(?!\. ).)*\.$/);
  }
});

test('every option and argument is described by a phrase without a period', () => {
  for (const command of commands) {
    for (const { flags, description } of command.options)
      expect(description, `${command.name()} ${flags}`).toMatch(/^.*[^.]$/);
    for (const argument of command.registeredArguments)
      expect(argument.description, `${command.name()} ${argument.name()}`).toMatch(/^.*[^.]$/);
  }
});

test('every command is available if it is loaded without the others', async () => {
  const names = (await buildProgram()).commands.map((command) => command.name());
  for (const name of names)
    expect((await buildProgram(name)).commands.map((command) => command.name())).toContain(name);
});

test('every command is in one group of the list of commands', async () => {
  const program = await buildProgram();
  const names = program.commands.map((command) => command.name());
  expect(Object.values(commandGroups).flat().toSorted()).toEqual(names.toSorted());
  const headings = helpText(program).match(/^[A-Z].*:$/gm);
  expect(headings).toEqual(['Options:', ...Object.keys(commandGroups).map((name) => `${name}:`)]);
});
