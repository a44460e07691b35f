/** `ridgeline studies`, `rename` and `delete`: lists the studies of a store, and manages them. */
import type { Command } from 'commander';
import { storedProgress } from '../../coordinator/core/studies/summaries.ts';
import { formatStudyList, studyListLine } from '../../report/terminal/study-list.ts';
import { openStoreReader } from '../../store/sqlite/open-store.ts';
import { deletedStudies } from '../../store/sqlite/deleted-studies.ts';
import { isStateLocked } from '../../store/sqlite/lock.ts';
import { say, stateDirectory, type Context } from '../process/context.ts';
import { yesOption } from '../process/confirm.ts';
import { addCommand, outputFormatOption, usageError } from '../process/options.ts';
import { textOptions } from '../process/terminal.ts';
import {
  deleteStudies,
  purgeCopies,
  renameStudy,
  restoreStudy,
} from '../results/managed-studies.ts';

interface DeleteFlags {
  readonly yes?: boolean;
  readonly undo?: boolean;
  readonly as?: string;
  readonly purge?: boolean;
}

export function addCommands(program: Command, context: Context): void {
  addList(program, context);
  addRename(program, context);
  addDelete(program, context);
}

function addList(program: Command, context: Context): void {
  addCommand(program, 'studies', {
    summary: 'lists the stored studies with their results, dates and sizes',
    examples: ['ridgeline studies', 'ridgeline studies --format json'],
  })
    .aliases(['ls', 'list'])
    .addOption(outputFormatOption(['table', 'tsv', 'json']))
    .action(async (flags: { readonly format?: 'table' | 'tsv' | 'json' }) => {
      const stateDir = stateDirectory(context);
      await using reader = await openStoreReader(stateDir);
      const isServed = isStateLocked(stateDir);
      const lines = [];
      for (const record of await reader.studies()) {
        const { study } = record.spec;
        const trials = await reader.trials(study);
        const { best } = storedProgress(record, trials);
        const bytes = await reader.studyBytes(study);
        lines.push(studyListLine(record, trials, best, { bytes, isServed }));
      }
      if (lines.length === 0)
        say(context, 'no study yet; `ridgeline run configs/quickstart.yaml` starts one');
      const format = flags.format ?? (context.stdout.isTTY ? 'table' : 'tsv');
      const deleted = deletedStudies(stateDir);
      context.stdout.write(formatStudyList(lines, deleted, format, textOptions(context)));
    });
}

function addRename(program: Command, context: Context): void {
  addCommand(program, 'rename', {
    summary: 'gives a stored study another name',
    description:
      'Gives a stored study another name, while no coordinator uses the state directory.',
    notes: 'To resume or extend the study, change the name in its file as well.',
    examples: ['ridgeline rename quickstart quickstart-seed-1'],
  })
    .argument('<study>', 'study name')
    .argument('<name>', 'new name')
    .action(async (study: string, name: string) => {
      await renameStudy(study, name, context);
      say(context, `${study} is now ${name}; change \`study:\` in its file as well to resume it`);
    });
}

function addDelete(program: Command, context: Context): void {
  addCommand(program, 'delete', {
    summary: 'deletes stored studies and keeps copies of them, or restores one',
    description:
      'Deletes stored studies and keeps copies of them, while no coordinator uses the state directory.',
    notes:
      'The five newest copies of each name are kept until --purge; `ridgeline studies` lists them.\nWithout a terminal, --yes is needed.',
    examples: [
      'ridgeline delete quickstart',
      'ridgeline delete --undo quickstart --as quickstart-first',
      'ridgeline delete --purge quickstart',
    ],
  })
    .argument('<studies...>', 'study names')
    .option(...yesOption)
    .option('--undo', 'restore the newest copy of a deleted study')
    .option('--as <name>', 'with --undo: name of the restored study')
    .option('--purge', 'remove the copies of deleted studies permanently')
    .action(async (studies: string[], flags: DeleteFlags) => {
      const { undo = false, purge = false, as } = flags;
      if (undo && purge)
        throw usageError('--undo and --purge exclude each other.', 'Give one of them.');
      if (as !== undefined && (!undo || studies.length > 1))
        throw usageError(
          '--as names one study that --undo restores.',
          'For example: `ridgeline delete --undo quickstart --as quickstart-first`.',
        );
      if (purge) return await purgeCopies(studies, flags, context);
      if (!undo) return await deleteStudies(studies, flags, context);
      for (const study of studies) await restoreStudy(study, as ?? study, context);
    });
}
