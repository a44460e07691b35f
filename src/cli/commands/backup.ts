/** `ridgeline backup` and `ridgeline restore`: the store as one file, and back. */
import type { Command } from 'commander';
import { backUpStore, restoreStore } from '../../store/sqlite/backup.ts';
import { stateDirOf, type CommonFlags, type Context } from '../process/context.ts';
import { withCommonOptions } from '../process/options.ts';

interface CopyFlags extends CommonFlags {
  readonly force?: boolean;
}

export function addBackupCommands(program: Command, context: Context): void {
  withCommonOptions(program.command('backup'))
    .argument('<file>', 'where to write it')
    .summary('writes the store to one file')
    .description(
      'Writes everything that the store has at this moment to one checked file; a coordinator may run meanwhile.\nTokens and keys are not in it.',
    )
    .option('--force', 'replace the file if it is there')
    .addHelpText('after', '\nExample:\n  ridgeline backup ~/backups/ridgeline-monday.db')
    .action(async (file: string, flags: CopyFlags) => {
      const progress = progressLine(context, flags);
      const summary = await backUpStore(stateDirOf(context, flags), file, {
        force: flags.force === true,
        onProgress: progress.show,
      });
      progress.end();
      say(context, flags, `${file} has ${contents(summary)}`);
    });

  withCommonOptions(program.command('restore'))
    .argument('<file>', 'what `ridgeline backup` wrote')
    .summary('puts a backup in the place of the store')
    .description(
      'Checks a backup and puts it in the place of the store; no coordinator may run. A store that is there is kept beside it under another name.',
    )
    .option('--force', 'also where there is a store')
    .addHelpText('after', '\nExample:\n  ridgeline restore ~/backups/ridgeline-monday.db --force')
    .action((file: string, flags: CopyFlags) => {
      const stateDir = stateDirOf(context, flags);
      const { replaced, ...summary } = restoreStore(stateDir, file, {
        force: flags.force === true,
      });
      say(context, flags, `${stateDir} has ${contents(summary)} again, from ${file}`);
      if (replaced !== null) say(context, flags, `the store that was there is now ${replaced}`);
    });
}

function contents({ studies, trials }: { studies: number; trials: number }): string {
  return `${studies} ${studies === 1 ? 'study' : 'studies'} with ${trials} ${trials === 1 ? 'trial' : 'trials'}`;
}

function say(context: Context, flags: CommonFlags, text: string): void {
  if (flags.quiet !== true) context.stderr.write(`${text}\n`);
}

/** One line that is written over while there is something to see and somebody to see it. */
function progressLine({ stderr }: Context, flags: CommonFlags) {
  const isShown = stderr.isTTY && flags.quiet !== true;
  return {
    show: (done: number, total: number): void => {
      if (isShown) stderr.write(`\r${done} of ${total} pages`);
    },
    end: (): void => {
      if (isShown) stderr.write('\r\u001B[K');
    },
  };
}
