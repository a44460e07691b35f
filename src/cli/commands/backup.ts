/** `ridgeline backup` and `ridgeline restore`: copy the store to one file, and back. */
import type { Command } from 'commander';
import { countText } from '../../report/text/number-format.ts';
import { backUpStore, restoreStore } from '../../store/sqlite/backup.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import { addCommand } from '../process/options.ts';
import { showLine } from '../process/terminal.ts';

type CopyFlags = { readonly force?: boolean };

export function addCommands(program: Command, context: Context): void {
  addCommand(program, 'backup', {
    summary: 'copies the store to one file',
    description: 'Copies the store to one file and checks the copy; a coordinator may be running.',
    notes: 'The copy does not contain tokens and keys.',
    examples: ['ridgeline backup ~/backups/ridgeline-monday.db'],
  })
    .argument('<file>', 'file to write')
    .option('--force', 'replace an existing file')
    .action(async (file: string, { force = false }: CopyFlags) => {
      const summary = await backUpStore(stateDirectory(context), file, {
        force,
        onProgress: (done, total) => showLine(context, `${done} of ${total} pages`),
      });
      showLine(context, null);
      say(context, `${file} contains ${contentsText(summary)}`);
    });

  addCommand(program, 'restore', {
    summary: 'replaces the store with a backup',
    description: 'Checks a backup and replaces the store with it; no coordinator may be running.',
    notes: 'An existing store is kept under another name.',
    examples: ['ridgeline restore ~/backups/ridgeline-monday.db --force'],
  })
    .argument('<file>', 'file that `ridgeline backup` wrote')
    .option('--force', 'replace an existing store')
    .action(async (file: string, { force = false }: CopyFlags) => {
      const stateDir = stateDirectory(context);
      const { replaced, ...summary } = await restoreStore(stateDir, file, { force });
      say(context, `${stateDir} now contains ${contentsText(summary)}, from ${file}`);
      if (replaced !== null) say(context, `the previous store is now ${replaced}`);
    });
}

function contentsText({ studies, trials }: { studies: number; trials: number }): string {
  return `${countText(studies, 'study', 'studies')} with ${countText(trials, 'trial')}`;
}
