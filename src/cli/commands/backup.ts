/** `ridgeline backup` and `ridgeline restore`: copy the store to one file, and back. */
import type { Command } from 'commander';
import { backUpStore, restoreStore } from '../../store/sqlite/backup.ts';
import { say, stateDirectory, type CommonFlags, type Context } from '../process/context.ts';
import { addCommand } from '../process/options.ts';

interface CopyFlags extends CommonFlags {
  readonly force?: boolean;
}

export function addCommands(program: Command, context: Context): void {
  addCommand(program, 'backup', {
    summary: 'copies the store to one file',
    description: 'Copies the store to one file and checks the copy; a coordinator may be running.',
    notes: 'The copy does not contain tokens and keys.',
    examples: ['ridgeline backup ~/backups/ridgeline-monday.db'],
  })
    .argument('<file>', 'file to write')
    .option('--force', 'replacement of an existing file')
    .action(async (file: string, flags: CopyFlags) => {
      const { stderr } = context;
      const isShown = stderr.isTTY && flags.quiet !== true;
      const summary = await backUpStore(stateDirectory(context, flags), file, {
        force: flags.force === true,
        onProgress: (done, total) => {
          if (isShown) stderr.write(`\r${done} of ${total} pages`);
        },
      });
      if (isShown) stderr.write('\r\u001B[K');
      say(context, flags, `${file} contains ${contentsText(summary)}`);
    });

  addCommand(program, 'restore', {
    summary: 'replaces the store with a backup',
    description: 'Checks a backup and replaces the store with it; no coordinator may be running.',
    notes: 'An existing store is kept under another name.',
    examples: ['ridgeline restore ~/backups/ridgeline-monday.db --force'],
  })
    .argument('<file>', 'file that `ridgeline backup` wrote')
    .option('--force', 'replacement of an existing store')
    .action(async (file: string, flags: CopyFlags) => {
      const stateDir = stateDirectory(context, flags);
      const { replaced, ...summary } = await restoreStore(stateDir, file, {
        force: flags.force === true,
      });
      say(context, flags, `${stateDir} now contains ${contentsText(summary)}, from ${file}`);
      if (replaced !== null) say(context, flags, `the previous store is now ${replaced}`);
    });
}

function contentsText({ studies, trials }: { studies: number; trials: number }): string {
  return `${studies} ${studies === 1 ? 'study' : 'studies'} with ${trials} ${trials === 1 ? 'trial' : 'trials'}`;
}
