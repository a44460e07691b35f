/** `ridgeline help`: help for a command, for the keys of a study file, and for exit codes. */
import type { Command } from 'commander';
import { didYouMean } from '../../base/did-you-mean.ts';
import { formatKeys } from '../../report/terminal/key-reference.ts';
import { describeTrainer } from '../../trainers/registry.ts';
import type { Context } from '../process/context.ts';
import { exitCodesText } from '../process/exit-codes.ts';
import { addGroup, usageError } from '../process/options.ts';
import { printText, textOptions } from '../process/terminal.ts';
import { commandPath, findCommand } from '../process/usage-errors.ts';

const topics = ['study', 'exit-codes'];

export function addCommands(program: Command, context: Context): void {
  addGroup(program, 'help', {
    summary: 'help for a command, a key of study files, or exit codes',
    examples: [
      'ridgeline help run',
      'ridgeline help study',
      'ridgeline help study trainer.epochs',
      'ridgeline help exit-codes',
    ],
  })
    .argument('[topic...]', 'command, `study` and a key, or exit-codes')
    .action(async (words: string[]) => {
      if (words[0] === 'study') return await printKeys(words.slice(1), context);
      if (words.length === 1 && words[0] === 'exit-codes') printText(context, exitCodesText);
      else namedCommand(program, words).outputHelp();
    });
}

async function printKeys(words: readonly string[], context: Context): Promise<void> {
  // Loaded here, since other topics need no schema.
  const { findKeys, studyKeys } = await import('../../config/study-keys.ts');
  const rows = studyKeys(describeTrainer({}));
  const shown = words.length === 0 ? rows : findKeys(rows, words.join('.'));
  context.stdout.write(formatKeys(shown, textOptions(context)));
}

/** @throws RidgelineError USAGE if the words name neither a command nor a topic */
function namedCommand(program: Command, words: readonly string[]): Command {
  const command = findCommand(program, words);
  const path = commandPath(command).split(' ').slice(1);
  const unknown = words[path.length];
  if (unknown === undefined) return command;
  const known = command.commands.map((candidate) => candidate.name());
  if (command === program) known.push(...topics);
  const help = ['ridgeline', ...(path.length > 0 ? [...path, '--help'] : ['help'])].join(' ');
  throw usageError(
    `There is no help about ${JSON.stringify(words.join(' '))}.${didYouMean(unknown, known)}`,
    `\`${help}\` lists the commands${command === program ? `; ${topics.join(' and ')} are also topics` : ''}.`,
  );
}
